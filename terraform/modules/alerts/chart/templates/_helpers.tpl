{{/* Labels of every object. */}}
{{- define "alerts.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Labels of the objects that Prometheus selects. */}}
{{- define "alerts.selected" -}}
{{ include "alerts.labels" . }}
release: {{ .Values.releaseLabel | quote }}
{{- end }}

{{/*
The rest of an endpoint: a fixed name for its job, for the rules, and only the metrics that a rule or a
person needs. Call with a list of root, job and a regular expression of metric names.
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
With an activator, suppresses an alert about missing data while all of the workloads are at zero or waking, or
have been within 90 s, the longest window of these rules. One activator that reports this is enough; of an
activator that is gone, the last samples count. Call with a list of root and autoscalers.
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

{{/* The workloads that at least one activator has seen up within the last 2 minutes. */}}
{{- define "alerts.wasUp" -}}
max by (backend_namespace, backend_service) (max_over_time(activator_state{state="awake"}[2m])) == 1
{{- end }}
