{{/*
A service is a dict that every other template of it is made from:
  root, name (of its objects), component, system (producers), arguments (of sk2siem), sections (it reads),
  settings, secrets, certificates (merged), pod (merged), replicas and autoscaling (where it has them).
*/}}

{{/* The sections of the settings that every service reads. */}}
{{- define "sk2siem.commonSections" -}}
broker ops log loop
{{- end }}

{{/* .service becomes whole: what all services have, and what is above it in the values. */}}
{{- define "sk2siem.complete" -}}
{{- $values := .root.Values -}}
{{- $own := .own -}}
{{- $service := .service -}}
{{- $_ := set $service "root" .root -}}
{{- $_ := set $service "name" (printf "%s-%s" (include "sk2siem.fullname" .root) $service.suffix) -}}
{{- range $part := list "settings" "secrets" "certificates" "pod" "autoscaling" -}}
{{- $_ := set $service $part (mergeOverwrite (deepCopy (index $values $part)) (deepCopy (default dict (index $own $part)))) -}}
{{- end -}}
{{- $_ := set $service "replicas" (hasKey $own "replicas" | ternary $own.replicas 1 | int) -}}
{{- $_ := set $service "scales" (and $service.autoscaling.enabled (hasKey $own "autoscaling")) -}}
{{- end }}

{{/* A producer: (dict "root" $ "system" one-of-systems "service" an-empty-dict). */}}
{{- define "sk2siem.producer" -}}
{{- $service := .service -}}
{{- $_ := set $service "component" "producer" -}}
{{- $_ := set $service "system" .system.name -}}
{{- $_ := set $service "suffix" (printf "producer-%s" (include "sk2siem.slug" .system.name)) -}}
{{- $_ := set $service "arguments" (list "run" "producer") -}}
{{- $_ := set $service "sections" (list "producer" "ibmi" "simulator") -}}
{{- $pod := mergeOverwrite (deepCopy .root.Values.producer.pod) (deepCopy (default dict .system.pod)) -}}
{{- $own := merge (dict "pod" $pod "replicas" 1) (omit .system "pod") -}}
{{- include "sk2siem.complete" (dict "root" .root "own" $own "service" $service) -}}
{{- $named := dict "system" .system.name -}}
{{- $_ := set $service.settings "producer" (merge $named (default dict $service.settings.producer)) -}}
{{- end }}

{{/* The enricher: (dict "root" $ "service" an-empty-dict). */}}
{{- define "sk2siem.enricher" -}}
{{- $service := .service -}}
{{- $_ := set $service "component" "enricher" -}}
{{- $_ := set $service "suffix" "enricher" -}}
{{- $_ := set $service "arguments" (list "run" "enricher") -}}
{{- $_ := set $service "sections" (list "enricher") -}}
{{- $_ := set $service "topics" (list "sk.entries") -}}
{{- include "sk2siem.complete" (dict "root" .root "own" .root.Values.enricher "service" $service) -}}
{{- $files := dict -}}
{{- range $name := list "policy" "ports" -}}
{{- if index $.root.Values.enricher $name }}{{ $_ := set $files $name (printf "/etc/sk2siem/enricher/%s.toml" $name) }}{{ end -}}
{{- end -}}
{{- $_ := set $service.settings "enricher" (merge $files (default dict $service.settings.enricher)) -}}
{{- $_ := set $service "files" (gt (len $files) 0) -}}
{{- end }}

{{/* A sink: (dict "root" $ "sink" its-name "service" an-empty-dict). */}}
{{- define "sk2siem.sink" -}}
{{- $service := .service -}}
{{- $_ := set $service "component" .sink -}}
{{- $_ := set $service "suffix" .sink -}}
{{- $_ := set $service "arguments" (list "run" .sink) -}}
{{- $_ := set $service "sections" (list .sink) -}}
{{- $_ := set $service "topics" (list "sk.verdicts" "sk.alerts") -}}
{{- include "sk2siem.complete" (dict "root" .root "own" (index .root.Values.sinks .sink) "service" $service) -}}
{{- end }}

{{/* Init: (dict "root" $ "service" an-empty-dict). Of the producer it only needs the number of partitions. */}}
{{- define "sk2siem.init" -}}
{{- $service := .service -}}
{{- $_ := set $service "component" "init" -}}
{{- $_ := set $service "suffix" "init" -}}
{{- $_ := set $service "arguments" (list "init") -}}
{{- $_ := set $service "sections" (prepend (ternary (list "elastic") list .root.Values.sinks.elastic.enabled) "producer") -}}
{{- include "sk2siem.complete" (dict "root" .root "own" .root.Values.init "service" $service) -}}
{{- $_ := set $service.settings "producer" (pick (default dict $service.settings.producer) "partitions") -}}
{{- end }}

{{/* Enricher and the sinks that are enabled, as a JSON array, without root. */}}
{{- define "sk2siem.scalable" -}}
{{- $enricher := dict -}}
{{- include "sk2siem.enricher" (dict "root" $ "service" $enricher) -}}
{{- $found := list (omit $enricher "root") -}}
{{- range $sink, $values := .Values.sinks -}}
{{- if $values.enabled -}}
{{- $service := dict -}}
{{- include "sk2siem.sink" (dict "root" $ "sink" $sink "service" $service) -}}
{{- $found = append $found (omit $service "root") -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end }}

{{/* Everything that runs for ever, as a JSON array, without root. */}}
{{- define "sk2siem.services" -}}
{{- $found := list -}}
{{- range $system := .Values.systems -}}
{{- $service := dict -}}
{{- include "sk2siem.producer" (dict "root" $ "system" $system "service" $service) -}}
{{- $found = append $found (omit $service "root") -}}
{{- end -}}
{{- concat $found (include "sk2siem.scalable" $ | fromJsonArray) | toJson -}}
{{- end }}
