//! The file system: the host's files, the input, the image, what links and races lead to.

use crate::attack::{Attack, shell};

/// All of them.
pub(crate) fn all() -> Vec<Attack> {
    let mut all = of_the_host();
    all.extend(of_the_input());
    all.extend(of_the_image());
    all
}

fn of_the_host() -> Vec<Attack> {
    vec![
        shell(
            "files.secret_by_path",
            "reads a file of the host by its path",
            "cat @SECRET@ && echo BREACH; echo held; good",
        ),
        shell(
            "files.secret_by_dots",
            "reads it through `..` from every folder",
            "for at in / /input /output /tmp /proc/self/cwd /dev /opt/ml/model; do cat $at/../../../../../..@SECRET@ 2>/dev/null && echo BREACH; done; echo held; good",
        ),
        shell(
            "files.secret_by_process_root",
            "reads it through the roots of all processes",
            "for root in /proc/[0-9]*/root; do cat $root@SECRET@ 2>/dev/null && echo BREACH; done; echo held; good",
        ),
        shell(
            "files.secret_by_process_number",
            "looks for the suite's own process",
            "[ -d /proc/@PID@ ] && grep -q hostile /proc/@PID@/comm && echo BREACH; echo held; good",
        ),
        shell(
            "files.secret_in_the_environment",
            "looks for the host's variables in every process",
            "env | grep HOST_SECRET && echo BREACH; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n' | grep HOST_SECRET && echo BREACH; echo held; good",
        ),
        shell(
            "files.leaked_descriptor",
            "uses a descriptor that was open in `gantry` when it started",
            "cat <&@FD@ 2>/dev/null && echo BREACH; probe descriptors; good",
        )
        .says(&["descriptors 0"]),
        shell(
            "files.descriptors_of_others",
            "reads through the descriptors of all processes",
            "me=$$; for fd in /proc/[0-9]*/fd/*; do case $(readlink $fd) in */secret/*) echo BREACH $fd;; esac; done; echo held; good",
        ),
        shell(
            "files.where_the_host_keeps_it",
            "learns the host's paths from the list of mounts",
            "grep -q 'gantry-hostile.*secret' /proc/self/mountinfo && echo BREACH; ls -R / 2>/dev/null | grep -q 'gantry-hostile' && echo BREACH; echo held; good",
        ),
        shell(
            "files.host_folders",
            "looks for folders of the host",
            "for f in /root /home /boot /lib/modules /var/lib /host /mnt/* /var/run/secrets; do [ -n \"$(ls -A $f 2>/dev/null)\" ] && echo BREACH $f; done; echo held; good",
        ),
        shell(
            "files.disks",
            "looks for block devices and mounts the first",
            "find /dev -type b | grep -q . && echo BREACH; for d in vda sda nvme0n1 loop0; do [ -e /dev/$d ] && echo BREACH $d; done; echo held; good",
        ),
        shell(
            "files.device_by_proc",
            "learns the disk's number from /proc/self/mountinfo and makes a node of it everywhere",
            "number=$(head -1 /proc/self/mountinfo | cut -d' ' -f3); for at in /tmp /output /dev/shm / /opt; do mknod $at/disk b ${number%:*} ${number#*:} 2>/dev/null && head -c 1 $at/disk 2>/dev/null && echo BREACH $at; done; echo held; rm -f /output/disk; good",
        ),
        shell(
            "files.loop_mount",
            "makes a file system in a file and mounts it",
            "dd if=/dev/zero of=/tmp/fs bs=1M count=2 2>/dev/null; mke2fs /tmp/fs >/dev/null 2>&1; mount -o loop /tmp/fs /opt 2>/dev/null && echo BREACH || echo held; good",
        ),
        shell(
            "files.cgroup_release_agent",
            "mounts a cgroup hierarchy to write its release agent",
            "mkdir /tmp/cg; for kind in cgroup cgroup2; do mount -t $kind none /tmp/cg 2>/dev/null && echo BREACH; done; find / -name release_agent 2>/dev/null | grep -q . && echo BREACH; echo held; good",
        ),
        shell(
            "files.proc_writes",
            "writes into every file of /proc/sys",
            "for f in $(find /proc/sys -type f 2>/dev/null | head -400); do (echo 0 >$f) 2>/dev/null && echo BREACH $f; done; echo held; good",
        ),
        shell(
            "files.sys_writes",
            "writes into files of /sys",
            "for f in $(find /sys -type f 2>/dev/null | head -400); do (echo 0 >$f) 2>/dev/null && echo BREACH $f; done; echo held; good",
        ),
        shell(
            "files.overlay_upper",
            "looks for the layers below and above the root file system",
            "options=$(grep ' / / ' /proc/self/mountinfo | sed 's/.* - //'); dir=$(echo \"$options\" | sed -n 's/.*upperdir=\\([^,]*\\).*/\\1/p'); [ -n \"$dir\" ] && ls $dir 2>/dev/null && echo BREACH; echo held; good",
        ),
        shell(
            "files.tty",
            "pushes characters into the terminal of whoever started it",
            "[ -t 0 ] && echo BREACH; (echo x >/dev/tty) 2>/dev/null && echo BREACH; echo held; good",
        ),
    ]
}

fn of_the_input() -> Vec<Attack> {
    vec![
        shell(
            "files.change_input",
            "writes, truncates, renames and removes the input",
            "f=$(ls /input/images/scan/*.mha); (echo x >>$f) 2>/dev/null && echo BREACH; truncate -s 0 $f 2>/dev/null && echo BREACH; mv $f $f.x 2>/dev/null && echo BREACH; rm -f $f 2>/dev/null; [ -s $f ] || echo BREACH; echo held; good",
        ),
        shell(
            "files.change_input_rights",
            "gives the input other rights, owners and times",
            "f=$(ls /input/images/scan/*.mha); chmod 777 $f 2>/dev/null && echo BREACH; chown 1000 $f 2>/dev/null && echo BREACH; touch -d 2001-01-01 $f 2>/dev/null && echo BREACH; echo held; good",
        ),
        shell(
            "files.hard_link_to_input",
            "makes a hard link to the input, to write through it",
            "f=$(ls /input/images/scan/*.mha); for at in /output /tmp /input; do ln $f $at/link 2>/dev/null && echo BREACH $at; done; echo held; good",
        ),
        shell(
            "files.input_through_descriptor",
            "opens the input for reading and writes through /proc/self/fd",
            "f=$(ls /input/images/scan/*.mha); exec 3<$f; (echo x >/proc/self/fd/3) 2>/dev/null && echo BREACH; echo held; good",
        ),
        shell(
            "files.mount_over_input",
            "mounts over the input and unmounts it",
            "mount -t tmpfs none /input 2>/dev/null && echo BREACH; mount -o remount,rw /input 2>/dev/null && echo BREACH; umount -l /input 2>/dev/null && echo BREACH; echo held; good",
        ),
        shell(
            "files.write_weights",
            "writes into the folder of model weights",
            "(echo x >/opt/ml/model/x) 2>/dev/null && echo BREACH || echo held; good",
        ),
    ]
}

fn of_the_image() -> Vec<Attack> {
    vec![
        shell(
            "files.change_the_image",
            "overwrites and removes files of the image: only its own copy changes",
            "echo changed >/etc/image-file 2>/dev/null; rm -rf /bin/busybox.x /suid 2>/dev/null; echo held; good",
        ),
        shell(
            "files.fill_the_image",
            "writes new programs into folders of the image",
            "cp /bin/busybox /bin/new 2>/dev/null; mkdir -p /opt/new 2>/dev/null; echo held; good",
        ),
        shell(
            "files.whiteouts",
            "makes whiteouts and opaque folders of the overlay by hand",
            "mknod /etc/image-file.wh c 0 0 2>/dev/null; mkdir /tmp/o; touch /etc/.wh.image-file /etc/.wh..wh..opq 2>/dev/null; [ -f /etc/image-file ] && echo held || echo BREACH; good",
        ),
        shell(
            "files.nothing_of_the_last_job",
            "looks for what an earlier job left, and leaves something itself",
            "for at in /tmp /output /dev/shm /opt /; do [ -e $at/of-a-job ] && echo BREACH $at; echo x >$at/of-a-job 2>/dev/null; done; rm -f /output/of-a-job; echo held; good",
        ),
        shell(
            "files.shared_memory_of_others",
            "looks into System V memory that another job may have left, and leaves some",
            "probe shared secret-of-a-job; good",
        )
        .says(&["found 0\nshared left"]),
        shell(
            "files.message_queues_of_others",
            "looks for message queues of other jobs",
            "[ -n \"$(ls -A /dev/mqueue)\" ] && echo BREACH; echo held; good",
        ),
        shell(
            "files.chroot_escape",
            "leaves the root by the classic way of a second chroot",
            "mkdir /tmp/c; chroot /tmp/c true 2>/dev/null && echo BREACH; cd /; ls ../../../../ | grep -q bin && echo held; good",
        ),
        shell(
            "files.links_to_the_host",
            "makes links that lead to the host, and reads through them",
            "ln -s @SECRET@ /tmp/a; ln -s /proc/1/root@SECRET@ /tmp/b; ln -s /proc/self/root/..@SECRET@ /tmp/c; cat /tmp/a /tmp/b /tmp/c 2>/dev/null && echo BREACH; echo held; good",
        ),
    ]
}
