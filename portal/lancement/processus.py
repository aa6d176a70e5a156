"""How a child process is tied to its parent: own group, ended by the kernel when the parent disappears."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

NOBODY = 65534
CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
LINUX = sys.platform.startswith("linux")
LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int, sig: signal.Signals) -> None:
    """Ask the kernel to send `sig` when the parent ends, even by `kill -9`. Linux only."""
    if LINUX:
        LIBC.prctl(PR_SET_PDEATHSIG, int(sig))
        if os.getppid() != parent:  # it ended between the fork and the call above
            os._exit(1)


def enter_user_namespace() -> None:
    """Inside, root is seen as `nobody`: PostgreSQL starts, the files keep their owner. Raises OSError."""
    uid, gid = os.geteuid(), os.getegid()
    if LIBC.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1")


def become_nobody() -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def choose_identity() -> str:
    """Who runs PostgreSQL, which refuses root: « soi », « userns », or « nobody » where namespaces are refused."""
    if os.geteuid() != 0:
        return "soi"
    try:
        subprocess.run([sys.executable, "-S", "-c", ""], preexec_fn=enter_user_namespace, check=True)
    except (OSError, subprocess.SubprocessError):
        return "nobody"
    return "userns"


def yield_to_others(recul: int) -> None:
    """Give way to them (`nice`). Linux shares time between sessions first: the session itself must give way too."""
    if recul:
        os.nice(recul)
        with contextlib.suppress(OSError):  # not Linux, or a kernel without groups by session
            Path("/proc/self/autogroup").write_text(str(recul), encoding="ascii")


def child_setup(identite: str = "soi", fin: signal.Signals = signal.SIGTERM, recul: int = 0) -> Callable[[], None]:
    """What the child does before its program starts. The kernel is asked last: a change of identity clears it."""
    parent = os.getpid()

    def setup() -> None:
        os.setsid()
        yield_to_others(recul)
        if identite == "userns":
            enter_user_namespace()
        elif identite == "nobody":
            become_nobody()
        die_with_parent(parent, fin)

    return setup


def stop_group(processus: "subprocess.Popen[bytes]", sig: signal.Signals, attente: float) -> None:
    """Ask, wait, then insist with the whole group, so that no grandchild stays."""
    if processus.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            processus.send_signal(sig)
        with contextlib.suppress(subprocess.TimeoutExpired):
            processus.wait(attente)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(processus.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        processus.wait(5)
