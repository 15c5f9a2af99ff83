"""Runs the AWS emulator until standard input closes.

The test program holds the other end of standard input. However that program ends (it returns, panics or is killed), the
operating system closes its end, and the emulator is stopped in an orderly way. So no emulator outlives its test.
"""

import os
import runpy
import shutil
import signal
import sys
import tempfile
import threading
import time

# How long an orderly stop may take before the whole process group is killed. Measured: 1.4 s with three functions.
GRACE_SECONDS = 10


def stop_when_abandoned():
    """Waits for the end of standard input; then stops this process, by force if it must."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def main():
    # A group of its own: an interrupt typed at the terminal reaches the test program, which then closes standard input.
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    # The emulator unpacks functions and keeps its pid file in TMPDIR.
    folder = tempfile.mkdtemp(prefix="nachklang-emulator-")
    os.environ["TMPDIR"] = folder
    os.environ["STATE_DIR"] = os.path.join(folder, "state")
    os.environ["S3_DATA_DIR"] = os.path.join(folder, "s3")
    tempfile.tempdir = None
    threading.Thread(target=stop_when_abandoned, daemon=True).start()
    sys.argv = ["ministack"]
    try:
        runpy.run_module("ministack", run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    # A function that outlives the orderly stop ends here, and this process with it.
    os.killpg(os.getpgrp(), signal.SIGKILL)


main()
