{{/* Labels of every object. */}}
{{- define "alerts.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Labels of what Prometheus selects. */}}
{{- define "alerts.selected" -}}
{{ include "alerts.labels" . }}
release: {{ .Values.releaseLabel | quote }}
{{- end }}

{{/*
The rest of an endpoint: a name for its job that rules can rely on, and only the metrics that a rule
or a person needs. Call with a list of root, job and a regular expression of metric names.
*/}}
{{- define "alerts.endpoint" -}}
interval: {{ (index . 0).Values.scrapeInterval }}
relabelings:
  - targetLabel: job
    replacement: {{ index . 1 }}
metricRelabelings:
  - sourceLabels: [__name__]
    regex: {{ printf "%s|process_cpu_seconds_total|process_resident_memory_bytes" (index . 2) | quote }}
    action: keep
{{- end }}

{{/*
With an activator, takes an alert back that finds nothing where nothing is: while every one of the workloads
is at zero or comes up from there, or has been and done so within 90 s, the longest that a rule looks back.
The word of one activator is enough; of one that is gone, only what it said last counts. Call with a list of
root and autoscalers.
*/}}
{{- define "alerts.unlessAtZero" -}}
{{- if and (index . 0).Values.activator (index . 1) -}}
unless on () (
{{- range $i, $a := index . 1 }}
  {{ if $i }}and on () {{ end }}max_over_time(activator_state{backend_namespace={{ .namespace | quote }}, backend_service={{ .deployment | quote }}, state=~"asleep|stopped|waking"}[90s]) == 1
{{- end }}
)
{{- end }}
{{- end }}

{{/* The workloads that have been up at some time within 2 minutes, as one activator saw it at least. */}}
{{- define "alerts.wasUp" -}}
max by (backend_namespace, backend_service) (max_over_time(activator_state{state="awake"}[2m])) == 1
{{- end }}
