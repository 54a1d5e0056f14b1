{{/* The rules of a group that are not left out, as a JSON array: (dict "root" $ "rules" …). */}}
{{- define "sk2siem.rules" -}}
{{- $found := list -}}
{{- range .rules -}}
{{- if not (has (default "" .alert) $.root.Values.prometheusRule.leaveOut) -}}
{{- if (.annotations).runbook_url -}}
{{- $_ := set .annotations "runbook_url" (print $.root.Values.prometheusRule.runbooks .annotations.runbook_url) -}}
{{- end -}}
{{- $found = append $found . -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end }}
