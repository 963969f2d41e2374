{{/* Labels of every object. */}}
{{- define "adapter.labels" -}}
{{ include "adapter.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* The labels that never change, for selectors. */}}
{{- define "adapter.selector" -}}
app.kubernetes.io/name: prometheus-adapter
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
