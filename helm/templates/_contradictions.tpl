{{/* Settings of a service that are allowed one by one and that it would refuse together, a line each. */}}
{{- define "sk2siem.contradictions" -}}
{{- include "sk2siem.contradictionsOfTheBroker" . }}
{{- if has .settings.ops.host (list "127.0.0.1" "localhost" "::1") }}
settings.ops.host is {{ .settings.ops.host }}, where no probe reaches it from outside the pod; leave it at 0.0.0.0.
{{- end }}
{{- if and (hasKey .settings.ops "port") (eq (int .settings.ops.port) 0) }}
settings.ops.port is 0, any port, which no probe finds; leave it at 9464.
{{- end }}
{{- if has "elastic" .sections }}{{ include "sk2siem.contradictionsOfElastic" . }}{{ end }}
{{- range $section, $scheme := dict "splunk" "https://" "elastic" "https://" "syslog" "tls://" }}
{{- if has $section $.sections }}{{ include "sk2siem.unusedCertificates" (dict "service" $ "section" $section "scheme" $scheme) }}{{ end }}
{{- end }}
{{- range $section, $pairs := include "sk2siem.pairs" . | fromYaml }}
{{- if has $section $.sections }}
{{- range $setting, $other := $pairs }}
{{- if and (include "sk2siem.given" (dict "service" $ "section" $section "setting" $setting)) (not (include "sk2siem.given" (dict "service" $ "section" $section "setting" $other))) }}
settings.{{ $section }}.{{ $setting }} needs settings.{{ $section }}.{{ $other }}; set both or none.
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- if and (has "producer" .sections) (eq (default "" (default dict .settings.producer).recovery) "timestamp") (not (default dict .settings.producer).recovery_timestamp) }}
settings.producer.recovery is timestamp; set settings.producer.recovery_timestamp.
{{- end }}
{{- if and (has "syslog" .sections) (hasPrefix "tls:" (default "" (default dict .settings.syslog).url)) (eq (default "" (default dict .settings.syslog).framing) "newline") }}
settings.syslog.framing must be octet-counting with tls://.
{{- end }}
{{- if and (hasKey . "scales") .scales (gt (int .autoscaling.minReplicas) (int .autoscaling.maxReplicas)) }}
autoscaling.minReplicas is above autoscaling.maxReplicas.
{{- end }}
{{- end }}

{{/* By section, a setting and the one that it is nothing without. */}}
{{- define "sk2siem.pairs" -}}
splunk: {proxy_username: proxy_password, proxy_password: proxy_username, search_url: search_token, search_token: search_url}
elastic: {username: password, password: username}
{{- end }}

{{/* Certificates of a section none of whose addresses begins with `scheme`. */}}
{{- define "sk2siem.unusedCertificates" -}}
{{- $section := default dict (index .service.settings .section) }}
{{- $given := or (default dict (index .service.certificates .section)).name $section.ca_file $section.ca_fingerprint $section.cert_file }}
{{- $urls := lower (printf "%s,%s" (default "" $section.url) (default "" $section.search_url)) }}
{{- if and $given (or (contains "http://" $urls) (contains "tcp://" $urls)) (not (contains .scheme $urls)) }}
certificates for settings.{{ .section }}.url are of use with {{ .scheme }} alone; write that in it, or take them out.
{{- end }}
{{- end }}

{{- define "sk2siem.contradictionsOfTheBroker" -}}
{{- $mechanism := default "" .settings.broker.sasl_mechanism }}
{{- $login := ternary (list "token_endpoint" "client_id" "client_secret") (list "username" "password") (eq $mechanism "OAUTHBEARER") }}
{{- range $setting := ternary $login list (ne $mechanism "") }}
{{- if not (include "sk2siem.given" (dict "service" $ "section" "broker" "setting" $setting)) }}
settings.broker.{{ $setting }} must be set to log in with {{ $mechanism }}, or be taken from the secret that secrets.broker names.
{{- end }}
{{- end }}
{{- if and (not $mechanism) (default dict .secrets.broker).name }}
secrets.broker names a secret to log in with, and settings.broker.sasl_mechanism says how; set that too.
{{- end }}
{{- $certificates := or (default dict .certificates.broker).name .settings.broker.ca_file .settings.broker.cert_file }}
{{- if and $certificates (ne (default "plaintext" .settings.broker.security) "tls") }}
certificates for Kafka are of use with settings.broker.security tls alone; set it.
{{- end }}
{{- end }}

{{- define "sk2siem.contradictionsOfElastic" -}}
{{- $ways := list }}
{{- range $setting := list "api_key" "bearer_token" "username" }}
{{- if include "sk2siem.given" (dict "service" $ "section" "elastic" "setting" $setting) }}{{ $ways = append $ways $setting }}{{ end }}
{{- end }}
{{- if gt (len $ways) 1 }}
settings.elastic and secrets.elastic give {{ join " and " $ways }}; keep one way to log in.
{{- end }}
{{- $elastic := default dict .settings.elastic }}
{{- if and $elastic.url $elastic.cloud_id }}
settings.elastic.url and settings.elastic.cloud_id are both set; keep one.
{{- end }}
{{- end }}
