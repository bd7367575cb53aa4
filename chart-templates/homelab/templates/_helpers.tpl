{{/* Labels of every object. */}}
{{- define "<CHARTNAME>.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
