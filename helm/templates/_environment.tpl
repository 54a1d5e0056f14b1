{{/* The environment of a service, from its settings, secrets and certificates. */}}

{{/* What is taken from the secret of a section, unless `keys` says otherwise. */}}
{{- define "sk2siem.secretKeys" -}}
broker: {username: username, password: password}
ibmi: {username: username, password: password}
splunk: {token: token}
elastic: {api_key: api_key}
{{- end }}

{{/* A service's environment. */}}
{{- define "sk2siem.environment" -}}
- name: SK2SIEM_WORKER
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
{{- range $section := concat (include "sk2siem.commonSections" . | splitList " ") .sections }}
{{- $prefix := printf "SK2SIEM_%s" (upper $section) }}
{{- include "sk2siem.variables" (dict "prefix" $prefix "settings" (index $.settings $section) "secret" $.name) }}
{{- include "sk2siem.fromSecret" (dict "prefix" $prefix "section" $section "secret" (index $.secrets $section)) }}
{{- include "sk2siem.fromCertificates" (dict "prefix" $prefix "section" $section "certificates" (index $.certificates $section)) }}
{{- end }}
{{- end }}

{{/* Each setting as a variable, nested ones too; what is empty is left out. */}}
{{- define "sk2siem.variables" -}}
{{- range $name, $value := .settings }}
{{- $variable := printf "%s__%s" $.prefix (upper $name) }}
{{- if kindIs "map" $value }}
{{- include "sk2siem.variables" (dict "prefix" $variable "settings" $value "secret" $.secret) }}
{{- else if or (kindIs "invalid" $value) (eq (toString $value) "") }}
{{- else if has $name (include "sk2siem.secretSettings" . | splitList " ") }}
- name: {{ $variable }}
  valueFrom: {secretKeyRef: {name: {{ $.secret }}, key: {{ $variable }}}}
{{- else }}
- name: {{ $variable }}
  value: {{ include "sk2siem.text" $value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* A value as a variable holds it: lists with commas, whole numbers whole (1048576, not 1.048576e+06). */}}
{{- define "sk2siem.text" -}}
{{- if kindIs "slice" . }}{{ join "," . }}
{{- else if kindIs "float64" . }}{{ ternary (int64 . | toString) (toString .) (eq . (floor .)) }}
{{- else }}{{ toString . }}{{ end }}
{{- end }}

{{- define "sk2siem.fromSecret" -}}
{{- if (.secret).name }}
{{- range $setting, $key := include "sk2siem.keysOf" . | fromYaml }}
- name: {{ $.prefix }}__{{ upper $setting }}
  valueFrom: {secretKeyRef: {name: {{ $.secret.name }}, key: {{ $key }}}}
{{- end }}
{{- end }}
{{- end }}

{{- define "sk2siem.keysOf" -}}
{{- default (index (include "sk2siem.secretKeys" . | fromYaml) .section) .secret.keys | toYaml }}
{{- end }}

{{- define "sk2siem.fromCertificates" -}}
{{- if (.certificates).name }}
{{- range $setting, $key := include "sk2siem.certificateFiles" .certificates | fromYaml }}
- name: {{ $.prefix }}__{{ upper $setting }}
  value: /etc/sk2siem/{{ $.section }}/{{ $key }}
{{- end }}
{{- end }}
{{- end }}

{{- define "sk2siem.certificateFiles" -}}
{{- with hasKey . "ca" | ternary .ca "ca.crt" }}
ca_file: {{ . }}
{{- end }}
{{- with .cert }}
cert_file: {{ . }}
{{- end }}
{{- with .key }}
key_file: {{ . }}
{{- end }}
{{- end }}

{{/* What a service's own Secret holds: the secret settings that stand in the values, by their variable. */}}
{{- define "sk2siem.inlineSecrets" -}}
{{- range $section := concat (include "sk2siem.commonSections" . | splitList " ") .sections }}
{{- $settings := default dict (index $.settings $section) }}
{{- range $name := include "sk2siem.secretSettings" $ | splitList " " }}
{{- with index $settings $name }}
SK2SIEM_{{ upper $section }}__{{ upper $name }}: {{ toString . | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
