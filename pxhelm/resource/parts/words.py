"""What each field of a guest means, in one line: for ``explain``, the pages of the kinds and editors. Knows no code."""

from __future__ import annotations

from collections.abc import Mapping

from pxhelm.resource.field import Field
from pxhelm.resource.words import said, told

_LINES = """
placement.allowOffline           shut a running machine down when its local disks do not let it move alive | migrate online
placement.withLocalDisks         copy local disks while the machine runs and moves | migrate with-local-disks
placement.network                network in CIDR form over which it moves | migrate migration_network
placement.type                   secure goes through SSH; insecure is faster, for trusted networks | migrate migration_type
placement.withConntrackState     take the firewall's known connections along | migrate with-conntrack-state
placement.policy                 Prefer: only where it is made; Pin: move it back; Ignore: wherever it is
placement.targetStorage          storage for its volumes on the other node | migrate targetstorage
placement.bandwidth              upper limit of a migration | migrate bwlimit
placement.restart                a running container moves by a restart: allow it | migrate restart
placement.timeout                how long its shutdown may take before such a move | migrate timeout
source.clone.name                a guest that is a template | clone vmid
source.clone.mode                Full copies all data; Linked keeps needing its template | clone full
source.clone.snapshot            snapshot of the source to clone | clone snapname
source.clone.storage             where the volumes of the clone lie; by default where its first disk is wanted | clone storage
source.clone.format              image format of the clone's volumes | clone format
source.clone.bandwidth           upper limit of the copy | clone bwlimit
source.backup.volume             backup to restore it from | create archive
source.backup.storage            where the restored volumes lie | create storage
source.backup.bandwidth          upper limit of the restore | create bwlimit
vmid                             Proxmox' number; chosen from the namespace's range unless given
description                      notes, in Markdown; the line of pxhelm's marker is not shown
tags                             Proxmox' tags, lower case and in any order
pool                             pool it belongs to; rights may hang on it
protection                       refuse to remove the guest and its disks
isTemplate                       turn it into a template, for good
power.policy                     Running and Stopped are kept; OnCreate starts it once; Unmanaged never touches it
power.shutdownTimeout            how long a shutdown may take, default 180s | shutdown timeout
power.onTimeout                  Stop pulls the plug when a shutdown takes too long | shutdown forceStop
startup.onBoot                   start it when its node boots
startup.order                    place in the order of starts; shutdowns go the other way
startup.upDelay                  pause after its start before the next guest starts
startup.downDelay                how long its shutdown may take when the node goes down
readiness.agent                  ready when the guest agent answers
readiness.cloudInit              ready when cloud-init is done
readiness.timeout                how long to wait for it, default 5m
readiness.address.network        the card that must have an address, such as net0
readiness.address.family         ipv4 or ipv6
readiness.address.cidr           network that the address must be in
readiness.tcp.port               ready when this port takes connections
readiness.http.scheme            http or https; certificates are not checked
readiness.http.port              port of the page, by default that of the scheme
readiness.http.path              page that must answer without an error of the server
cpu.cores                        cores per socket of a machine; cores of a container, by default all
cpu.sockets                      sockets
cpu.vcpus                        cores plugged in at the start, the others can be plugged later
cpu.type                         model such as host or x86-64-v3, or a CPUModel
cpu.flags                        flags to add and to take away, such as +aes and -pcid
cpu.hidden                       do not tell the guest that it is virtual
cpu.hvVendorID                   vendor that Windows is told
cpu.level                        highest CPUID level that is shown
cpu.reportedModel                model that a custom type reports
cpu.physBits                     width of physical addresses: a number, or host
cpu.guestPhysBits                width of physical addresses that the guest sees
cpu.limit                        how many cores' time it may use, 0 for no limit
cpu.units                        weight against other guests when time is short
cpu.affinity                     cores of the host that it may run on, such as 0-3,8
cpu.numa                         show the guest several memory nodes
numa.*.cpus                      cores of this memory node, such as 0-3
numa.*.hostNodes                 memory nodes of the host that it is bound to
numa.*.memory                    memory of this node
numa.*.policy                    how strictly memory is taken from the host's nodes
memory.size                      memory; a plain number is MiB
memory.swap                      swap besides the memory
memory.minimum                   how far ballooning may take memory away
memory.ballooning                the device with which the host takes memory back
memory.shares                    weight when ballooning takes memory away
memory.hugepages                 back the memory with huge pages of this many MiB
memory.keepHugepages             keep the pages when the machine stops
memory.ksm                       let the host share equal pages
osType                           system inside; settings and defaults follow from it
arch                             architecture of the processor
bios                             seabios, or ovmf for UEFI
machine.type                     chipset such as q35, with a version if need be
machine.viommu                   IOMMU that the guest sees
machine.awBits                   address width of that IOMMU
machine.enableS3                 offer suspend to memory
machine.enableS4                 offer suspend to disk
bootOrder                        slots in the order in which they are tried; it owns the whole order
scsiController                   controller of the scsi disks
agent.enabled                    talk to the guest agent
agent.type                       kind of its port
agent.freezeFS                   freeze file systems while a backup begins
agent.fstrimClonedDisks          trim after a disk was cloned or moved
efiDisk.storage                  where the variables of UEFI lie
efiDisk.volume                   an existing volume to use
efiDisk.format                   image format
efiDisk.importFrom               image or volume that it is made from
efiDisk.type                     size of the variables: 4m, or 2m for old systems
efiDisk.preEnrolledKeys          have the keys of Secure Boot in it
efiDisk.msCert                   which certificates of Microsoft it holds
tpm.storage                      where the state of the TPM lies
tpm.volume                       an existing volume to use
tpm.format                       image format
tpm.importFrom                   image or volume that it is made from
disks.*.format                   image format, by default the storage's
disks.*.importFrom               image or volume that the disk is made from
disks.*.volume                   an existing volume to attach
disks.*.backup                   whether backups hold it
disks.*.replicate                whether replication holds it
disks.*.shared                   the volume is the same on all nodes
disks.*.snapshot                 keep changes only until the machine stops
disks.*.cache                    how the host caches
disks.*.aio                      how the host does its input and output
disks.*.discard                  give freed blocks back to the storage
disks.*.ssd                      show it as a disk that does not rotate
disks.*.ioThread                 a thread of its own; scsi needs virtio-scsi-single
disks.*.readOnly                 the guest may only read
disks.*.queues                   number of queues
disks.*.vendor                   vendor that the guest sees, up to 8 characters
disks.*.product                  product that the guest sees, up to 16 characters
disks.*.serial                   serial number that the guest sees
disks.*.wwn                      world wide name that the guest sees, such as 0x5000c50015ea71ac
disks.*.model                    model that the guest sees (ide, sata)
disks.*.scsiBlock                hand a whole device of the host through
disks.*.detectZeroes             turn writes of zeros into freed blocks
disks.*.onReadError              what happens when the host cannot read
disks.*.onWriteError             what happens when the host cannot write
networks.*.model                 card that the guest sees
networks.*.mac                   hardware address; Proxmox chooses one
networks.*.queues                queues of the card, 0 for one
networks.*.mtu                   largest packet; 1 takes the bridge's (virtio)
networks.*.hostTunnel            let tunnels of the host through the card
networks.*.bridge                bridge or SDN network it is plugged into
networks.*.vlan                  VLAN of what it sends untagged
networks.*.trunks                VLANs that it may send tagged
networks.*.firewall              whether the guest's firewall filters this card
networks.*.rate                  upper limit of what it sends and gets
networks.*.connected             whether the cable is plugged in
networks.*.ip                    IPv4 address with prefix, dhcp or manual
networks.*.gateway               IPv4 gateway
networks.*.ip6                   IPv6 address with prefix, dhcp or auto
networks.*.gateway6              IPv6 gateway
networks.*.name                  name inside of the container
networks.*.hostManaged           the host configures it, not the container's own system
dns.servers                      name servers, by default the node's
dns.search                       search domain, by default the node's
cloudInit.type                   format of the drive, by default after osType
cloudInit.user                   account that is made
cloudInit.sshKeys                public keys of that account
cloudInit.upgrade                upgrade packages at the first start
cloudInit.password               password of that account
cloudInit.drive.storage          where a drive is made if the guest has none | create ide[n]
cloudInit.userData.snippet       user data in a file that is on a storage already
cloudInit.vendorData.snippet     vendor data in a file that is on a storage already
cloudInit.networkData.snippet    network configuration in a file that is on a storage already
cloudInit.metaData.snippet       meta data in a file that is on a storage already
pci.*.mapping                    device by the name of a PCIMapping
pci.*.host                       device by its address on the host
pci.*.mdev                       kind of mediated device, for cards that are shared
pci.*.pcie                       plug it as PCI Express; needs q35
pci.*.romBar                     show the guest the card's ROM
pci.*.romFile                    another ROM, a file in the host's kvm folder
pci.*.primaryGPU                 it is the machine's main display
pci.*.driver                     driver on the host
pci.*.legacyIGD                  graphics of an Intel processor as the only display
pci.*.deviceID                   device that the guest is told
pci.*.vendorID                   vendor that the guest is told
pci.*.subDeviceID                sub-device that the guest is told
pci.*.subVendorID                sub-vendor that the guest is told
usb.*.mapping                    device by the name of a USBMapping
usb.*.host                       device by vendor and product, by port, or spice
usb.*.usb3                       plug it as USB 3
virtiofs.*.mapping               folder by the name of a DirMapping
virtiofs.*.cache                 how the guest caches
virtiofs.*.directIO              let the guest bypass the host's cache
virtiofs.*.exposeACL             pass access lists through
virtiofs.*.exposeXattr           pass extended attributes through
serial.*                         socket, or a device of the host such as /dev/ttyS0
parallel.*                       a device of the host such as /dev/parport0
display.type                     graphics card, or serialN for a terminal
display.memory                   memory of the card
display.clipboard                share the clipboard with the console
audio.device                     sound card
audio.driver                     where its sound goes
rng.source                       source of randomness on the host
rng.maxBytes                     bytes of randomness per period
rng.period                       length of that period in milliseconds
watchdog.model                   watchdog that the guest sees
watchdog.action                  what happens when the guest stops feeding it
spice.folderSharing              share a folder through SPICE
spice.videoStreaming             which areas SPICE sends as video
ivshmem.size                     memory shared with other machines
ivshmem.name                     name of that memory
smbios.uuid                      UUID that the guest sees, and by which pxhelm knows it
smbios.manufacturer              manufacturer that the guest sees
smbios.product                   product that the guest sees
smbios.version                   version that the guest sees
smbios.serial                    serial number that the guest sees
smbios.sku                       article number that the guest sees
smbios.family                    product family that the guest sees
vmGenerationID                   tells Windows that it was copied; 0 takes it away
confidential.sev.type            which of AMD's memory encryptions
confidential.sev.allowSMT        allow several threads per core
confidential.sev.kernelHashes    measure kernel and command line as well
confidential.sev.noDebug         forbid debugging
confidential.sev.noKeySharing    forbid sharing the key with other machines
confidential.tdx.type            Intel's encrypted machines
confidential.tdx.attestation     let the guest prove what it runs on
confidential.tdx.vsockCID        socket of the service that signs the proof
confidential.tdx.vsockPort       port of that service
options.acpi                     offer ACPI, without which no shutdown reaches the guest
options.kvm                      use the processor's virtualisation
options.tablet                   pointer that follows the console exactly
options.localTime                clock in local time, as Windows expects
options.freeze                   do not run after the start until told to
options.reboot                   false: a reboot of the guest stops it
options.timeDriftFix             make up for lost clock ticks
options.hotplug                  what may be plugged while it runs: disk, network, usb, memory, cpu
options.keyboard                 keyboard of the console
options.startDate                clock at the start
options.args                     further arguments of QEMU
options.hookScript               script on a storage that runs at start and stop
options.vmStateStorage           where memory goes in snapshots and hibernation
options.migrateDowntime          longest pause at the end of a migration
options.migrateSpeed             upper limit of a migration, 0 for none
options.debug                    more of the container's start in the log
unprivileged                     root inside is nobody outside
features.nesting                 allow containers inside; systemd wants it, too
features.keyctl                  allow the system call keyctl, which Docker needs
features.fuse                    allow FUSE file systems
features.mknod                   allow the making of some devices
features.forceRWSys              mount /sys writable
features.mount                   file systems that may be mounted, such as nfs
devices.*.path                   device of the host
devices.*.uid                    its owner inside
devices.*.gid                    its group inside
devices.*.mode                   its mode inside, such as "0660"
devices.*.denyWrite              only reading is allowed
console.enabled                  attach a console
console.mode                     tty, console, or a shell without a login
console.ttys                     number of terminals
password                         password of root
sshKeys                          public keys of root
timezone                         time zone, or host for the node's
entrypoint                       command that is started in place of an init
env.*                            variables of that command; they can be read in Proxmox
rootfs.storage                   where the root file system lies
rootfs.volume                    an existing volume
mounts.*.storage                 where the volume lies
mounts.*.volume                  an existing volume to mount
mounts.*.hostPath                folder of the host to mount
mounts.*.backup                  whether backups hold it
mounts.*.keepAttrs               leave owner and mode of the folder as they are
networks.*.extra.*               sub-options that have no field
source.backup.unique   | create unique
source.backup.liveRestore   | create live-restore
source.backup.workingStorage   | create import-working-storage
source.backup.ignoreUnpackErrors   | create ignore-unpack-errors
cloudInit.drive.slot   | create ide[n]
cloudInit.userData   | upload filename
cloudInit.vendorData   | upload filename
cloudInit.networkData   | upload filename
cloudInit.metaData   | upload filename
cloudInit.seedStorage   | upload storage
"""
_VOLUME = {
    "acl": "whether access lists work",
    "quota": "whether users have quotas",
    "mountOptions": "options of the mount",
    "readOnly": "the container may only read",
    "replicate": "whether replication holds it",
    "shared": "it is the same on all nodes",
    "idmap": "mapping of users and groups of its own, or passthrough",
}
_SCOPES = {"total": "reading and writing", "read": "reading", "write": "writing"}
_LIMITS = {
    "bandwidth": "lasting upper limit of {}",
    "burst": "upper limit of {} for a short while",
    "burstDuration": "how long that while is",
    "iops": "lasting number of operations per second, {}",
    "burstIops": "operations per second for a short while, {}",
    "burstIopsDuration": "how long that while is",
}
WORDS: Mapping[str, str] = {
    **told(_LINES),
    **{f"{place}.{name}": text for place in ("rootfs", "mounts.*") for name, text in _VOLUME.items()},
    **{
        f"disks.*.limits.{scope}.{name}": text.format(words)
        for scope, words in _SCOPES.items()
        for name, text in _LIMITS.items()
    },
}


def worded(fields: tuple[Field, ...], own: Mapping[str, str] | None = None) -> tuple[Field, ...]:
    """Return the fields, those without a line of help with the one from here; ``own`` lines win."""
    return said(fields, {**WORDS, **(own or {})})
