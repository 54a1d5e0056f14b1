{{/* A service as a StatefulSet: pods with stable names, so that a restarted worker takes over its own work at once. */}}
{{- define "sk2siem.statefulset" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "sk2siem.metadata" . | nindent 2 }}
spec:
  {{- if not .scales }}
  replicas: {{ .replicas }}
  {{- end }}
  serviceName: {{ include "sk2siem.fullname" .root }}
  # one that is not ready, such as for a SIEM that is down, keeps no other from starting
  podManagementPolicy: Parallel
  selector:
    matchLabels:
      {{- include "sk2siem.selectorLabels" . | nindent 6 }}
  template:
    {{- include "sk2siem.pod" . | nindent 4 }}
  {{- with .pod.volumeClaimTemplates }}
  volumeClaimTemplates:
    {{- toYaml . | nindent 4 }}
  {{- end }}
---
{{ include "sk2siem.secret" . }}
{{- end }}

{{/* The Secret of the secret settings that stand in the values; nothing where there are none. */}}
{{- define "sk2siem.secret" -}}
{{- with include "sk2siem.inlineSecrets" . -}}
apiVersion: v1
kind: Secret
metadata:
  {{- include "sk2siem.metadata" $ | nindent 2 }}
stringData:
  {{- . | trim | nindent 2 }}
{{- end }}
{{- end }}
