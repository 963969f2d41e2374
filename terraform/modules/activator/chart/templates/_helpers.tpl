{{- define "activator.selector" -}}
app.kubernetes.io/name: activator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "activator.labels" -}}
{{ include "activator.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* The file that the program reads: what only this chart uses is left out. */}}
{{- define "activator.config" -}}
prometheus_url: {{ .Values.prometheusURL | quote }}
services:
  {{- range .Values.services }}
  - {{- omit . "port_name" "address_type" | toYaml | nindent 4 }}
  {{- end }}
{{- end -}}
