"""What code of a submission may ask of the system: a filter for seccomp, as a program of BPF.

bubblewrap (``--seccomp``) and the fork server load the same program. A call that it refuses fails
as it does on a system that does not have it, or does not allow it; everything else goes through.
It holds for x86-64 and ARM64. Elsewhere there is none, and the sandbox does without it.
"""

from __future__ import annotations

import errno
import platform
import struct

# From linux/audit.h; the numbers of system calls are those of the two processors, in this order.
_MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_ABSENT, _FORBIDDEN = errno.ENOSYS, errno.EPERM
# Libraries do without what is absent: memory of no process, which nobody counts, first of all.
_CALLS = {
    "memfd_create": (319, 279, _ABSENT),
    "memfd_secret": (447, 447, _ABSENT),
    "shmget": (29, 194, _ABSENT),
    "msgget": (68, 186, _ABSENT),
    "mq_open": (240, 180, _ABSENT),
    "io_uring_setup": (425, 425, _ABSENT),
    "userfaultfd": (323, 282, _ABSENT),
    # Its flags are in memory, where no filter can look; without it libraries call clone.
    "clone3": (435, 435, _ABSENT),
    # Namespaces and mounts
    "unshare": (272, 97, _FORBIDDEN),
    "setns": (308, 268, _FORBIDDEN),
    "mount": (165, 40, _FORBIDDEN),
    "umount2": (166, 39, _FORBIDDEN),
    "pivot_root": (155, 41, _FORBIDDEN),
    "chroot": (161, 51, _FORBIDDEN),
    "open_tree": (428, 428, _FORBIDDEN),
    "move_mount": (429, 429, _FORBIDDEN),
    "fsopen": (430, 430, _FORBIDDEN),
    "fsmount": (432, 432, _FORBIDDEN),
    "fspick": (433, 433, _FORBIDDEN),
    "mount_setattr": (442, 442, _FORBIDDEN),
    "open_by_handle_at": (304, 265, _FORBIDDEN),
    # Other processes, and the processors that this one has
    "ptrace": (101, 117, _FORBIDDEN),
    "process_vm_readv": (310, 270, _FORBIDDEN),
    "process_vm_writev": (311, 271, _FORBIDDEN),
    "pidfd_getfd": (438, 438, _FORBIDDEN),
    "kcmp": (312, 272, _FORBIDDEN),
    "sched_setaffinity": (203, 122, _FORBIDDEN),
    # Parts of the kernel with a history of holes
    "add_key": (248, 217, _FORBIDDEN),
    "request_key": (249, 218, _FORBIDDEN),
    "keyctl": (250, 219, _FORBIDDEN),
    "bpf": (321, 280, _FORBIDDEN),
    "perf_event_open": (298, 241, _FORBIDDEN),
    "kexec_load": (246, 104, _FORBIDDEN),
    "kexec_file_load": (320, 294, _FORBIDDEN),
    "init_module": (175, 105, _FORBIDDEN),
    "finit_module": (313, 273, _FORBIDDEN),
}
_CLONE = (56, 220)
# CLONE_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID and _NEWNET, from linux/sched.h.
_NEW_NAMESPACES = 0x7E020000
_X32 = 0x40000000  # a second set of numbers that x86-64 has

# From linux/bpf_common.h and linux/seccomp.h: load a word, compare, return.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
# Offsets in struct seccomp_data. Both processors have the low half of an argument first.
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16


def program(machine: str | None = None) -> bytes:
    """Return the filter as an array of ``struct sock_filter``.

    Parameters
    ----------
    machine : str, optional
        The processor, as :func:`platform.machine` calls it. Default: this one.

    Returns
    -------
    bytes
        8 for each instruction; empty for a processor that is not known here.
    """
    machine = machine or platform.machine()
    if machine not in _MACHINES:
        return b""
    which = list(_MACHINES).index(machine)
    # Calls of 32-bit programs have numbers of their own: there are none of these here.
    code = [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 1, 0, _MACHINES[machine]),
        (_RETURN, 0, 0, _FAIL | _ABSENT),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        code += [(_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _FAIL | _ABSENT)]
    for *numbers, error in _CALLS.values():
        code += [(_EQUAL, 0, 1, numbers[which]), (_RETURN, 0, 0, _FAIL | error)]
    code += [
        (_EQUAL, 0, 3, _CLONE[which]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_ANY_BIT, 0, 1, _NEW_NAMESPACES),
        (_RETURN, 0, 0, _FAIL | _FORBIDDEN),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in code)
