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
