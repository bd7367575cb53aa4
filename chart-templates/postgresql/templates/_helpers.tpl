{{/* Labels of every object. */}}
{{- define "<CHARTNAME>.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Memory in MiB as a number. */}}
{{- define "<CHARTNAME>.mebibytes" -}}
{{- $number := int (regexFind "^[0-9]+" .) }}
{{- if contains "G" . }}{{ mul $number 1024 }}{{ else }}{{ $number }}{{ end }}
{{- end }}

{{/* What cloud-init does on both: the disk for data, the server, and who may connect. */}}
{{- define "<CHARTNAME>.prepare" -}}
package_update: true
packages: [postgresql, qemu-guest-agent]
fs_setup:
  - {device: /dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_drive-scsi1, filesystem: ext4, label: pgdata, overwrite: false}
mounts:
  - [LABEL=pgdata, /var/lib/postgresql, ext4, "defaults,noatime", "0", "2"]
write_files:
  - path: /root/pxhelm.conf
    permissions: "0644"
    content: |
      listen_addresses = '*'
      shared_buffers = {{ div (int (include "<CHARTNAME>.mebibytes" .Values.memory)) 4 }}MB
      wal_level = replica
      max_wal_senders = 5
      max_replication_slots = 5
      hot_standby = on
      password_encryption = scram-sha-256
  - path: /root/pg_hba.conf
    permissions: "0600"
    content: |
      local all         all                                peer
      host  all         all         127.0.0.1/32           scram-sha-256
      {{- range .Values.clients }}
      host  all         all         {{ printf "%-22s" . }} scram-sha-256
      {{- end }}
      {{- range list .Values.network.primary .Values.network.standby }}
      host  replication replicator  {{ printf "%-22s" (printf "%s/32" .) }} scram-sha-256
      {{- end }}
  - path: /root/configure
    permissions: "0700"
    content: |
      #!/bin/sh -e
      systemctl enable --now qemu-guest-agent
      version=$(ls /etc/postgresql | sort -n | tail -1)
      etc=/etc/postgresql/$version/main
      install -o postgres -m 644 /root/pxhelm.conf $etc/conf.d/pxhelm.conf
      install -o postgres -m 640 /root/pg_hba.conf $etc/pg_hba.conf
      systemctl restart postgresql@$version-main
{{- end }}

{{/* The spec of one machine, without its cloud-init: (list $ ordinal address). */}}
{{- define "<CHARTNAME>.machine" -}}
{{- $root := index . 0 }}{{- $v := $root.Values }}{{- $other := ternary $v.network.standby $v.network.primary (eq (int (index . 1)) 0) -}}
template: {{ $v.template }}
{{- with $v.nodes }}
node: {{ index . (mod (int (index $ 1)) (len .)) }}
{{- end }}
pool: {{ $root.Release.Name }}
cpu: {cores: {{ int $v.cores }}}
memory: {{ $v.memory }}
disks:
  scsi0: {storage: {{ $v.system.storage }}, size: {{ $v.system.size }}}
  scsi1: {storage: {{ $v.data.storage }}, size: {{ $v.data.size }}, ioThread: true, discard: true}
networks:
  net0:
    bridge: {{ $v.network.bridge }}
    {{- with int $v.network.vlan }}
    vlan: {{ . }}
    {{- end }}
    firewall: {{ $v.firewall.enabled }}
    ip: {{ index . 2 }}/{{ int $v.network.bits }}
    gateway: {{ $v.network.gateway }}
agent: true
power: Running
startup: {onBoot: true, order: {{ add 1 (int (index . 1)) }}}
{{- if $v.firewall.enabled }}
firewall:
  enabled: true
  policyIn: DROP
  ipsets:
    clients: {{ toJson $v.clients }}
  rules:
    - {name: clients, type: in, action: ACCEPT, proto: tcp, dport: 5432, source: +guest/clients}
    - {name: replication, type: in, action: ACCEPT, proto: tcp, dport: 5432, source: {{ $other }}}
    - {name: ssh, type: in, action: ACCEPT, macro: SSH, source: +guest/clients}
    - {name: ping, type: in, action: ACCEPT, macro: Ping}
{{- end }}
{{- with $v.tags }}
tags: {{ toJson . }}
{{- end }}
{{- end }}

{{/* What makes the standby a copy of the primary, once. */}}
{{- define "<CHARTNAME>.follow" -}}
version=$(ls /etc/postgresql | sort -n | tail -1); data=/var/lib/postgresql/$version/main;
if [ -e $data/standby.signal ]; then exit 0; fi;
until pg_isready -q -h {{ .Values.network.primary }}; do sleep 5; done;
systemctl stop postgresql@$version-main; rm -rf $data;
sudo -u postgres env PGPASSWORD={{ .Values.replication.password | default "PASSWORD" }} pg_basebackup -h {{ .Values.network.primary }} -U replicator -D $data -R -X stream -C -S standby;
systemctl start postgresql@$version-main
{{- end }}
