{{/* What is wrong with the values, a line each; nothing when they can work. */}}
{{- define "sk2siem.problems" -}}
{{- include "sk2siem.problemsOfTheWhole" . }}
{{- range $service := include "sk2siem.services" . | fromJsonArray }}
{{- include "sk2siem.problemsOfAService" (dict "service" $service "root" $) }}
{{- end }}
{{- if .Values.init.enabled }}
{{- $init := dict }}
{{- include "sk2siem.init" (dict "root" $ "service" $init) }}
{{- include "sk2siem.labelled" (dict "label" "init" "problems" (include "sk2siem.contradictions" $init)) }}
{{- end }}
{{- end }}

{{/* Each line of `problems` behind the label of the service that has it. */}}
{{- define "sk2siem.labelled" -}}
{{- range $problem := splitList "\n" .problems }}
{{- with trim $problem }}
{{ $.label }}: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{- define "sk2siem.problemsOfTheWhole" -}}
{{- if not (hasPrefix "kafka://" .Values.settings.broker.url) }}
settings.broker.url must be set to kafka://host:port,host:port; the embedded broker (sqlite) is for one machine.
{{- end }}
{{- if not .Values.systems }}
systems is empty; name at least one IBM i: systems: [{name: PROD1, …}].
{{- end }}
{{- $slugs := list }}
{{- range .Values.systems }}
{{- $slug := include "sk2siem.slug" .name }}
{{- if has $slug $slugs }}
systems: {{ .name }} is there twice, or too like another one in the names of objects; give each its own chart.
{{- end }}
{{- $slugs = append $slugs $slug }}
{{- end }}
{{- $sinks := list }}
{{- range $sink, $values := .Values.sinks }}{{ if $values.enabled }}{{ $sinks = append $sinks $sink }}{{ end }}{{ end }}
{{- if not $sinks }}
sinks: none is enabled, so nothing would be told to anybody; set sinks.splunk.enabled, or that of elastic, syslog or file.
{{- end }}
{{- range $name := list "policy" "ports" }}
{{- if and (index $.Values.enricher $name) (index (default dict $.Values.settings.enricher) $name) }}
enricher.{{ $name }} and settings.enricher.{{ $name }} are both set; keep one.
{{- end }}
{{- end }}
{{- end }}

{{- define "sk2siem.problemsOfAService" -}}
{{- $service := .service }}
{{- $label := printf "%s%s" $service.component (ternary (printf " of %s" $service.system) "" (hasKey $service "system")) }}
{{- $missing := ternary "sk2siem.missingForTheProducer" "sk2siem.missingForASink" (eq $service.component "producer") }}
{{- range $kind := list $missing "sk2siem.contradictions" }}
{{- include "sk2siem.labelled" (dict "label" $label "problems" (include $kind $service)) }}
{{- end }}
{{- range $section, $secret := $service.secrets }}
{{- if and $secret.name (or (has $section $service.sections) (eq $section "broker")) }}
{{- range $setting, $_ := include "sk2siem.keysOf" (dict "section" $section "secret" $secret) | fromYaml }}
{{- if index (default dict (index $service.settings $section)) $setting }}
{{ $label }}: settings.{{ $section }}.{{ $setting }} and secrets.{{ $section }} both give the {{ $setting }}; keep one, or say in secrets.{{ $section }}.keys what is taken from the secret.
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- $partitions := int (default 6 (default dict $.root.Values.settings.producer).partitions) }}
{{- $most := ternary $service.autoscaling.maxReplicas $service.replicas $service.scales | int }}
{{- if gt $most $partitions }}
{{ $label }}: {{ $most }} pods are more than the {{ $partitions }} partitions (settings.producer.partitions); the others would do nothing.
{{- end }}
{{- if and $service.scales (eq (default "" $.root.Values.settings.broker.sasl_mechanism) "OAUTHBEARER") (not $service.autoscaling.authenticationRef) }}
{{ $label }}: KEDA needs a TriggerAuthentication of your own to log in with OAUTHBEARER; name it in autoscaling.authenticationRef.
{{- end }}
{{- $grace := default 10 (default dict $service.settings.loop).grace | int }}
{{- if le (int $service.pod.terminationGracePeriodSeconds) (add $grace 5) }}
{{ $label }}: pod.terminationGracePeriodSeconds must be above settings.loop.grace and the 5 seconds after it, so above {{ add $grace 5 }}.
{{- end }}
{{- end }}

{{/* Whether a setting of a section gets a value, from the settings or from a secret: "yes" or nothing. */}}
{{- define "sk2siem.given" -}}
{{- $secret := default dict (index .service.secrets .section) -}}
{{- $keys := ternary (include "sk2siem.keysOf" (dict "section" .section "secret" $secret) | fromYaml) dict (not (empty $secret.name)) -}}
{{- if or (index (default dict (index .service.settings .section)) .setting) (hasKey $keys .setting) }}yes{{ end -}}
{{- end }}

{{- define "sk2siem.missingForTheProducer" -}}
{{- $reader := default "display-journal" .settings.producer.reader }}
{{- $own := or (include "sk2siem.given" (dict "service" . "section" "ibmi" "setting" "dsn")) (include "sk2siem.given" (dict "service" . "section" "ibmi" "setting" "connection_string")) }}
{{- if and (not (has $reader (list "file" "simulator"))) (not $own) }}
{{- range $setting := list "system" "username" "password" }}
{{- if not (include "sk2siem.given" (dict "service" $ "section" "ibmi" "setting" $setting)) }}
settings.ibmi.{{ $setting }} must be set{{ if ne $setting "system" }}, or be in the secret that secrets.ibmi names{{ end }}.
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* What a sink cannot start without; the enricher needs nothing. Of elastic's two, one. */}}
{{- define "sk2siem.missingForASink" -}}
{{- $needed := get (dict "splunk" (list "url" "token") "syslog" (list "url") "file" (list "path")) .component }}
{{- range $setting := default list $needed }}
{{- if not (include "sk2siem.given" (dict "service" $ "section" $.component "setting" $setting)) }}
settings.{{ $.component }}.{{ $setting }} must be set{{ if eq $setting "token" }}, or be in the secret that secrets.splunk names{{ end }}.
{{- end }}
{{- end }}
{{- if and (eq .component "elastic") (not (include "sk2siem.given" (dict "service" . "section" "elastic" "setting" "url"))) (not (include "sk2siem.given" (dict "service" . "section" "elastic" "setting" "cloud_id"))) }}
settings.elastic.url or settings.elastic.cloud_id must be set.
{{- end }}
{{- end }}
