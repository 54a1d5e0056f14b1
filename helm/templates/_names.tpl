{{/* Names and labels. Names leave room for -producer-SYSTEM-0 in 52 characters, which is what a StatefulSet may have. */}}

{{- define "sk2siem.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $both := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $both .Values.fullnameOverride | trunc 32 | trimSuffix "-" -}}
{{- end }}

{{/* A system's name in names of objects: PROD_1 is prod-1. */}}
{{- define "sk2siem.slug" -}}
{{- lower . | replace "$" "s" | replace "#" "h" | replace "@" "a" | replace "_" "-" | replace "." "-" | trimAll "-" -}}
{{- end }}

{{- define "sk2siem.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sk2siem.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end }}

{{- define "sk2siem.image" -}}
{{- $registry := default .Values.image.registry .Values.global.imageRegistry -}}
{{- with $registry }}{{ . }}/{{ end }}{{ .Values.image.repository -}}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ default .Chart.AppVersion .Values.image.tag }}{{ end -}}
{{- end }}

{{/* What never changes of the labels of a service's pods: (dict "root" $ "component" …, "system" … or nothing). */}}
{{- define "sk2siem.selectorLabels" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- with .system }}
sk2siem/system: {{ include "sk2siem.slug" . }}
{{- end }}
{{- end }}

{{- define "sk2siem.labels" -}}
{{ include "sk2siem.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The metadata of an object: (dict "root" $ "name" …, and of the rest what there is: component, system, labels, annotations). */}}
{{- define "sk2siem.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "sk2siem.labels" . | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (default dict .annotations) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
