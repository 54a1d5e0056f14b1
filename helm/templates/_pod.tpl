{{/* The pod of a service. */}}
{{- define "sk2siem.pod" -}}
{{- $own := include "sk2siem.inlineSecrets" . -}}
metadata:
  labels:
    {{- include "sk2siem.selectorLabels" . | nindent 4 }}
    {{- with merge (dict) .pod.labels .root.Values.commonLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: {{ .component }}
    {{- if $own }}
    checksum/secret: {{ sha256sum $own }}
    {{- end }}
    {{- if .files }}
    checksum/files: {{ printf "%s\n%s" .root.Values.enricher.policy .root.Values.enricher.ports | sha256sum }}
    {{- end }}
    {{- with merge (dict) .pod.annotations .root.Values.commonAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- if ne .component "init" }}
  serviceAccountName: {{ include "sk2siem.serviceAccountName" .root }}
  {{- end }}
  automountServiceAccountToken: false
  # Kubernetes would add variables that begin with SK2SIEM_ for a Service of that name
  enableServiceLinks: false
  {{- with .root.Values.global.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml .pod.securityContext | nindent 4 }}
  terminationGracePeriodSeconds: {{ int .pod.terminationGracePeriodSeconds }}
  {{- with .pod.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- range $field := list "nodeSelector" "tolerations" "affinity" }}
  {{- with index $.pod $field }}
  {{ $field }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- if or .pod.topologySpreadConstraints (gt .replicas 1) .scales }}
  topologySpreadConstraints:
    {{- include "sk2siem.spread" . | trim | nindent 4 }}
  {{- end }}
  {{- if eq .component "init" }}
  restartPolicy: Never
  {{- end }}
  containers:
    - name: {{ .component }}
      {{- include "sk2siem.container" . | nindent 6 }}
  volumes:
    - name: tmp
      emptyDir: {}
    {{- if .files }}
    - name: files
      configMap: {name: {{ .name }}}
    {{- end }}
    {{- range $section := include "sk2siem.mountedCertificates" . | fromJsonArray }}
    - name: {{ $section }}-certificates
      secret: {secretName: {{ (index $.certificates $section).name }}, defaultMode: 0440}
    {{- end }}
    {{- with .pod.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{- define "sk2siem.container" -}}
image: {{ include "sk2siem.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
command: [sk2siem]
args: {{ .arguments | toJson }}
env:
  {{- include "sk2siem.environment" . | trim | nindent 2 }}
  {{- with .pod.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .pod.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if ne .component "init" }}
ports:
  - {name: ops, containerPort: {{ int (default 9464 .settings.ops.port) }}}
{{- range $probe := list "startupProbe" "livenessProbe" "readinessProbe" }}
{{- with index $.pod $probe }}
{{ $probe }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
resources:
  {{- toYaml .pod.resources | nindent 2 }}
securityContext:
  {{- toYaml .pod.containerSecurityContext | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  {{- if .files }}
  - {name: files, mountPath: /etc/sk2siem/enricher, readOnly: true}
  {{- end }}
  {{- range $section := include "sk2siem.mountedCertificates" . | fromJsonArray }}
  - {name: {{ $section }}-certificates, mountPath: /etc/sk2siem/{{ $section }}, readOnly: true}
  {{- end }}
  {{- with .pod.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* The sections of a service that have certificates, as a JSON array. */}}
{{- define "sk2siem.mountedCertificates" -}}
{{- $found := list -}}
{{- range $section := prepend .sections "broker" -}}
{{- if (index $.certificates $section).name }}{{ $found = append $found $section }}{{ end -}}
{{- end -}}
{{- toJson $found -}}
{{- end }}

{{- define "sk2siem.spread" -}}
{{- if .pod.topologySpreadConstraints -}}
{{- toYaml .pod.topologySpreadConstraints }}
{{- else -}}
{{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- topologyKey: {{ $key }}
  maxSkew: 1
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "sk2siem.selectorLabels" $ | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}
