{{/* Labels of every object. */}}
{{- define "<CHARTNAME>.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Addresses of one role, as a list: (list $ "servers"). */}}
{{- define "<CHARTNAME>.addresses" -}}
{{- $root := index . 0 }}{{- $role := index $root.Values (index . 1) }}
{{- range $i := until (int $role.count) }}
- {{ $root.Values.network.prefix }}.{{ add (int $role.firstAddress) $i }}
{{- end }}
{{- end }}

{{/* Where the Kubernetes API answers. */}}
{{- define "<CHARTNAME>.api" -}}
https://{{ .Values.network.prefix }}.{{ int .Values.servers.firstAddress }}:6443
{{- end }}

{{/* What installs k3s on a machine: (list $ "servers" ordinal). */}}
{{- define "<CHARTNAME>.install" -}}
{{- $root := index . 0 }}{{- $v := $root.Values.k3s }}{{- $first := and (eq (index . 1) "servers") (eq (int (index . 2)) 0) -}}
curl -sfL https://get.k3s.io | INSTALL_K3S_CHANNEL={{ $v.channel }} sh -s - {{ if eq (index . 1) "servers" -}}
server {{ if not $first }}--server {{ include "<CHARTNAME>.api" $root }}{{ else if gt (int $root.Values.servers.count) 1 }}--cluster-init{{ end }}{{ range $v.serverArgs }} {{ . }}{{ end }}
{{- else -}}
agent --server {{ include "<CHARTNAME>.api" $root }}
{{- end }} --token-file {{ include "<CHARTNAME>.tokenFile" $root }}
{{- end }}

{{/* Where a machine has the token that members join with, and the Secret that it is from. */}}
{{- define "<CHARTNAME>.tokenFile" -}}
/etc/k3s-token
{{- end }}

{{- define "<CHARTNAME>.secret" -}}
{{ .Values.k3s.secret | default (printf "%s-k3s" .Release.Name) }}
{{- end }}

{{/* The spec of one machine: (list $ "servers" ordinal). */}}
{{- define "<CHARTNAME>.machine" -}}
{{- $root := index . 0 }}{{- $role := index . 1 }}{{- $n := int (index . 2) }}{{- $v := $root.Values }}{{- $size := index $v $role -}}
template: {{ $v.template }}
{{- with $v.nodes }}
node: {{ index . (mod $n (len .)) }}
{{- end }}
pool: {{ $root.Release.Name }}
cpu: {cores: {{ int $size.cores }}}
memory: {{ $size.memory }}
disks:
  scsi0: {storage: {{ $v.storage }}, size: {{ $size.disk }}}
networks:
  net0:
    bridge: {{ $v.network.bridge }}
    {{- with int $v.network.vlan }}
    vlan: {{ . }}
    {{- end }}
    firewall: {{ $v.firewall.enabled }}
    ip: {{ $v.network.prefix }}.{{ add (int $size.firstAddress) $n }}/{{ int $v.network.bits }}
    gateway: {{ $v.network.gateway }}
{{- with $v.network.dns }}
dns: {servers: {{ toJson . }}}
{{- end }}
cloudInit:
  user: {{ $v.admin.user }}
  {{- with $v.admin.sshKeys }}
  sshKeys: {{ toJson . }}
  {{- end }}
  userData:
    package_update: true
    packages: [qemu-guest-agent, curl]
    {{- if $v.k3s.install }}
    write_files:
      - path: {{ include "<CHARTNAME>.tokenFile" $root }}
        permissions: "0600"
        content: {valueFrom: {secretRef: {name: {{ include "<CHARTNAME>.secret" $root }}, key: token}}}
    {{- end }}
    runcmd:
      - [systemctl, enable, --now, qemu-guest-agent]
      {{- if $v.k3s.install }}
      {{- if not (and (eq $role "servers") (eq $n 0)) }}
      - until curl -sk -o /dev/null {{ include "<CHARTNAME>.api" $root }}/cacerts; do sleep 5; done
      {{- end }}
      - {{ include "<CHARTNAME>.install" . | quote }}
      {{- end }}
agent: true
power: Running
startup: {onBoot: true}
{{- if $v.firewall.enabled }}
firewall:
  enabled: true
  policyIn: DROP
  ipsets:
    cluster:
      {{- include "<CHARTNAME>.addresses" (list $root "servers") | trim | nindent 6 }}
      {{- with include "<CHARTNAME>.addresses" (list $root "agents") | trim }}
      {{- . | nindent 6 }}
      {{- end }}
    admins: {{ toJson $v.firewall.admins }}
  rules:
    - {name: cluster, type: in, action: ACCEPT, source: +guest/cluster}
    - {name: ping, type: in, action: ACCEPT, macro: Ping}
    - {name: ssh, type: in, action: ACCEPT, macro: SSH, source: +guest/admins}
    {{- if eq $role "servers" }}
    - {name: api, type: in, action: ACCEPT, proto: tcp, dport: 6443, source: +guest/admins}
    {{- end }}
    {{- with $v.firewall.publicPorts }}
    - {name: public, type: in, action: ACCEPT, proto: tcp, dport: {{ toJson . }}}
    {{- end }}
{{- end }}
{{- with $v.tags }}
tags: {{ toJson . }}
{{- end }}
{{- end }}
