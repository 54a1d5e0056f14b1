{{/* How KEDA logs in to Kafka: the name of the TriggerAuthentication; empty where none is needed. */}}
{{- define "sk2siem.triggerAuthentication" -}}
{{- $scales := false -}}
{{- range include "sk2siem.scalable" . | fromJsonArray -}}
{{- if and .scales (not .autoscaling.authenticationRef) }}{{ $scales = true }}{{ end -}}
{{- end -}}
{{- if and $scales (include "sk2siem.triggerSecrets" .) -}}
{{- include "sk2siem.fullname" . }}-kafka
{{- end -}}
{{- end }}

{{/* What KEDA takes from the secrets of the section broker. */}}
{{- define "sk2siem.triggerSecrets" -}}
{{- $secret := .Values.secrets.broker -}}
{{- if $secret.name -}}
{{- $keys := include "sk2siem.keysOf" (dict "section" "broker" "secret" $secret) | fromYaml -}}
{{- range $setting := list "username" "password" -}}
{{- with index $keys $setting }}
- {parameter: {{ $setting }}, name: {{ $secret.name }}, key: {{ . }}}
{{- end }}
{{- end }}
{{- end }}
{{- $certificates := .Values.certificates.broker -}}
{{- if $certificates.name -}}
{{- range $setting, $key := include "sk2siem.certificateFiles" $certificates | fromYaml }}
- {parameter: {{ trimSuffix "_file" $setting }}, name: {{ $certificates.name }}, key: {{ $key }}}
{{- end }}
{{- end }}
{{- end }}
