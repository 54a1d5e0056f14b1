{{/*
The settings whose values are secret: where one is given in the values, it is put into a Secret.
Written by `python -m dev.chart write`.
*/}}
{{- define "sk2siem.secretSettings" -}}
api_key bearer_token client_secret connection_string password proxy_password search_token token
{{- end }}
