{{/* Labels of every object. */}}
{{- define "web-app.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* A quantity of memory: MiB as a number, or a size as text. */}}
{{- define "web-app.memory" -}}
{{- if kindIs "string" . }}{{ . }}{{ else }}{{ int . }}{{ end }}
{{- end }}

{{/* The firewall of a guest. */}}
{{- define "web-app.firewall" -}}
enabled: true
policyIn: DROP
ipsets:
  admins: {{ toJson .Values.firewall.admins }}
rules:
  - {name: web, type: in, action: ACCEPT, proto: tcp, dport: {{ toJson .Values.web.ports }}}
  - {name: ssh, type: in, action: ACCEPT, macro: SSH, source: +guest/admins}
  - {name: ping, type: in, action: ACCEPT, macro: Ping}
{{- end }}
