{{- define "activator.selector" -}}
app.kubernetes.io/name: activator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "activator.labels" -}}
{{ include "activator.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* Different from the activators' labels, so that no Service and no disruption budget selects the Job's pod. */}}
{{- define "activator.wakeLabels" -}}
app.kubernetes.io/name: activator-wake
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "activator.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "activator.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "activator.env" -}}
- {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
- {name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
{{- end -}}

{{/* The program's configuration file, without the fields that only this chart uses. */}}
{{- define "activator.config" -}}
prometheus_url: {{ .Values.prometheusURL | quote }}
services:
  {{- range .Values.services }}
  - {{- omit . "port_name" "address_type" | toYaml | nindent 4 }}
  {{- end }}
{{- end -}}
