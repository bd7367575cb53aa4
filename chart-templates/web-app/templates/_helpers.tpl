{{/* Labels of every object. */}}
{{- define "web-app.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* A quantity of memory: MiB as a number, or a size as text. */}}
{{- define "web-app.memory" -}}
{{- if kindIs "string" . }}{{ . }}{{ else }}{{ int . }}{{ end }}
{{- end }}
