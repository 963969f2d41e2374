{{/* Labels of every object; call with a dict of root and component. */}}
{{- define "monitoring.labels" -}}
{{ include "monitoring.selector" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: {{ .root.Chart.Name }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* The labels that never change, for selectors. */}}
{{- define "monitoring.selector" -}}
app.kubernetes.io/name: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* Name of cluster-scoped objects, which must be unique in the cluster: prefixed with the release. */}}
{{- define "monitoring.clusterName" -}}
{{ .root.Release.Name }}-{{ .component }}
{{- end }}
