{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* Name of the Job and of the Service in front of its first pod. A Job is immutable, so each
     revision of the release makes another one. */}}
{{- define "loadgen.job" -}}
{{- printf "%s-%d" (.Release.Name | trunc 45 | trimSuffix "-") (int .Release.Revision) -}}
{{- end -}}

{{/* Labels of the pods. */}}
{{- define "loadgen.podLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ include "loadgen.tag" . | trunc 63 | regexFind "[A-Za-z0-9].*" | regexFind ".*[A-Za-z0-9]" | quote }}
app.kubernetes.io/component: load
{{- end -}}

{{/* Labels of every other object. */}}
{{- define "loadgen.labels" -}}
{{ include "loadgen.podLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{/* Image tag. */}}
{{- define "loadgen.tag" -}}
{{- default .Chart.AppVersion .Values.image.tag -}}
{{- end -}}

{{/* Image reference. */}}
{{- define "loadgen.image" -}}
{{- printf "%s:%s" .Values.image.repository (include "loadgen.tag" .) -}}
{{- with .Values.image.digest -}}@{{ . }}{{- end -}}
{{- end -}}

{{/* Port on which the first pod waits for the others. */}}
{{- define "loadgen.meetPort" -}}7070{{- end -}}
