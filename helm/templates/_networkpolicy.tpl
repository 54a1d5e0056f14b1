{{/* What a service connects to, as names of networkPolicy.egress. */}}
{{- define "sk2siem.ends" -}}
{{- $siems := list "splunk" "elastic" "syslog" -}}
dns kafka
{{- if eq .component "producer" }} ibmi{{ end }}
{{- range .sections }}{{ if has . $siems }} {{ . }}{{ end }}{{ end }}
{{- end }}

{{/* Init runs before the rest is installed, and so must its policy. */}}
{{- define "sk2siem.policyAnnotations" -}}
{{- if eq .component "init" }}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: "-1"
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
{{- end }}
