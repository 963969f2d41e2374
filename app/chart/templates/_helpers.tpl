{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* Name of the application, truncated to the length of a label value. */}}
{{- define "heavywork.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Name of every object: only the release name if it contains heavywork. */}}
{{- define "heavywork.fullname" -}}
{{- $name := include "heavywork.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels that select the pods. A Deployment's selector is immutable, so they must not depend on a version. */}}
{{- define "heavywork.selectorLabels" -}}
app.kubernetes.io/name: {{ include "heavywork.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Labels of the pods. Without the chart's version, so that a new chart does not restart unchanged pods. */}}
{{- define "heavywork.podLabels" -}}
{{ include "heavywork.selectorLabels" . }}
app.kubernetes.io/version: {{ include "heavywork.tag" . | trunc 63 | regexFind "[A-Za-z0-9].*" | regexFind ".*[A-Za-z0-9]" | quote }}
app.kubernetes.io/component: server
app.kubernetes.io/part-of: {{ .Chart.Name }}
{{- end -}}

{{/* Labels of every other object. */}}
{{- define "heavywork.labels" -}}
{{ include "heavywork.podLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{/* Image tag. */}}
{{- define "heavywork.tag" -}}
{{- default .Chart.AppVersion .Values.image.tag -}}
{{- end -}}

{{/* Image reference. */}}
{{- define "heavywork.image" -}}
{{- printf "%s:%s" .Values.image.repository (include "heavywork.tag" .) -}}
{{- with .Values.image.digest -}}@{{ . }}{{- end -}}
{{- end -}}

{{/* A duration with one number and one unit (ms, s, m), in milliseconds. */}}
{{- define "heavywork.milliseconds" -}}
{{- $number := regexFind "^[0-9]+" . | int64 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- if eq $unit "m" -}}{{- mul $number 60000 -}}
{{- else if eq $unit "s" -}}{{- mul $number 1000 -}}
{{- else -}}{{- $number -}}
{{- end -}}
{{- end -}}
