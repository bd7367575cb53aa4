"""Guests as people make them by hand through the API: any mix of options, in Proxmox' own spelling."""

import random

MACHINE = {
    "cores": ["1", "4"],
    "sockets": ["1", "2"],
    "cpu": ["host", "kvm64", "cputype=host,flags=+aes;-pcid", "x86-64-v2-AES,hidden=1"],
    "cpulimit": ["2", "1.5"],
    "cpuunits": ["200"],
    "numa": ["1"],
    "vcpus": ["1"],
    "memory": ["512", "2048", "current=4096"],
    "balloon": ["0", "256"],
    "shares": ["500"],
    "ostype": ["l26", "win11", "other"],
    "bios": ["seabios", "ovmf"],
    "machine": ["q35", "pc", "q35,viommu=intel"],
    "scsihw": ["virtio-scsi-pci", "virtio-scsi-single", "lsi"],
    "scsi0": [
        "local-lvm:8", "shared:4,discard=on,ssd=1,iothread=1", "local-lvm:2,cache=writeback,backup=0",
        "local-lvm:1,mbps_rd=100,iops_wr=2000,iops_wr_max=4000", "shared:3,aio=native,replicate=0,serial=ABC123",
    ],
    "virtio1": ["local-lvm:1", "shared:1,ro=1,snapshot=0"],
    "sata2": ["local-lvm:1", "shared:2,ssd=1,wwn=0x5000c500a1b2c3d4"],
    "ide2": ["none,media=cdrom", "local:iso/debian-12.7.0-amd64-netinst.iso,media=cdrom", "local-lvm:cloudinit"],
    "efidisk0": ["local-lvm:1,efitype=4m,pre-enrolled-keys=1"],
    "tpmstate0": ["local-lvm:1,version=v2.0"],
    "net0": [
        "virtio,bridge=vmbr0", "e1000=BC:24:11:00:00:%02X,bridge=vmbr0,tag=20,firewall=1",
        "virtio,bridge=vmbr0,rate=12.5,queues=2,mtu=1400", "vmxnet3,bridge=vmbr0,link_down=1,trunks=2;4-6",
    ],
    "net1": ["rtl8139,bridge=vmbr0"],
    "ipconfig0": ["ip=dhcp", "ip=10.0.0.5/24,gw=10.0.0.1,ip6=auto"],
    "ciuser": ["ops"],
    "cipassword": ["canary-pass"],
    "nameserver": ["10.0.0.53 10.0.0.54"],
    "searchdomain": ["example.net"],
    "sshkeys": ["ssh-ed25519%20AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f%20ops%40example"],
    "citype": ["nocloud"],
    "ciupgrade": ["0"],
    "agent": ["1", "enabled=1,fstrim_cloned_disks=1", "0"],
    "boot": ["order=scsi0", "order=net0;scsi0"],
    "onboot": ["1", "0"],
    "startup": ["order=2,up=30", "order=1,up=10,down=60"],
    "protection": ["1"],
    "tags": ["web", "a;b;c"],
    "description": ["one line", "two\nlines", "with <b>html</b> & ümlaut"],
    "hotplug": ["network,disk,usb", "1", "0", "cpu,memory"],
    "tablet": ["0"],
    "acpi": ["0"],
    "kvm": ["0"],
    "localtime": ["1"],
    "freeze": ["1"],
    "reboot": ["0"],
    "keyboard": ["de"],
    "startdate": ["2026-01-01"],
    "tdf": ["1"],
    "serial0": ["socket"],
    "vga": ["qxl", "type=virtio,memory=64", "serial0", "none"],
    "rng0": ["source=/dev/urandom,max_bytes=1024,period=1000"],
    "audio0": ["device=ich9-intel-hda,driver=none"],
    "watchdog": ["model=i6300esb,action=reset"],
    "smbios1": ["manufacturer=QUNNRQ==,base64=1"],
    "usb0": ["spice"],
    "autostart": ["1"],
    "smp": ["2"],
    "vmstatestorage": ["local"],
}  # fmt: skip
CONTAINER = {
    "cores": ["2"],
    "cpulimit": ["1"],
    "cpuunits": ["50"],
    "memory": ["256", "1024"],
    "swap": ["0", "512"],
    "rootfs": ["local-lvm:4", "shared:2,acl=1,mountoptions=noatime", "local-lvm:1,quota=1,replicate=0"],
    "mp0": ["local-lvm:1,mp=/srv,backup=1", "shared:1,mp=/data,ro=1"],
    "mp3": ["local-lvm:1,mp=/var/lib/x,acl=0,mountoptions=nodev;noexec"],
    "net0": [
        "name=eth0,bridge=vmbr0,ip=dhcp", "name=lan,bridge=vmbr0,ip=10.0.0.9/24,gw=10.0.0.1,tag=30,firewall=1",
        "name=eth0,bridge=vmbr0,ip=manual,rate=5,mtu=1450,hwaddr=BC:24:11:01:00:%02X",
    ],
    "net2": ["name=eth2,bridge=vmbr0,ip6=auto,link_down=1"],
    "nameserver": ["10.0.0.53"],
    "searchdomain": ["lan"],
    "unprivileged": ["1", "0"],
    "features": ["nesting=1", "nesting=0"],
    "onboot": ["1"],
    "startup": ["order=3"],
    "protection": ["1"],
    "tags": ["db"],
    "description": ["a container"],
    "hostname": ["Web01", "app.example.net"],
    "console": ["0"],
    "cmode": ["shell"],
    "tty": ["4"],
    "timezone": ["host", "Europe/Berlin"],
    "env": ["A=1"],
    "arch": ["amd64"],
}  # fmt: skip
_TEMPLATE = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"


def handmade(count, seed=1):
    """Yield (kind of guest, VMID, parameters): each option is there or not by chance."""
    chance = random.Random(seed)
    for number in range(count):
        table, vmid = (CONTAINER, 5000 + number) if number % 4 == 3 else (MACHINE, 5000 + number)
        chosen = {key: chance.choice(values) for key, values in table.items() if chance.random() < 0.35}
        params = {key: value % number if "%02X" in value else value for key, value in chosen.items()}
        if table is CONTAINER:
            params = {"rootfs": "local-lvm:1", "ostemplate": _TEMPLATE, **params}
            if params.get("unprivileged") == "0":
                params.pop("features", None)
        else:
            params = {"name": chance.choice(["web", "Db.Example.net", f"vm{number}"]), **params}
            if "order" in params.get("boot", ""):
                params = {"net0": "virtio,bridge=vmbr0", "scsi0": "local-lvm:1", **params}
            params = {"cores": "2", **params} if "vcpus" in params else params
        yield ("lxc" if table is CONTAINER else "qemu"), vmid, params
