{{/* Labels of every object; call with a dict of root and component. */}}
{{- define "monitoring.labels" -}}
{{ include "monitoring.selector" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: {{ .root.Chart.Name }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* The part of the labels that never changes, for selectors. */}}
{{- define "monitoring.selector" -}}
app.kubernetes.io/name: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* Cluster-scoped objects share one name space with everybody else's: put the release in front. */}}
{{- define "monitoring.clusterName" -}}
{{ .root.Release.Name }}-{{ .component }}
{{- end }}
