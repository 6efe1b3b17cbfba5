package checkout

import (
	"os/exec"
	"syscall"
)

// DieWithParent makes the kernel end cmd when this process dies for whatever reason, so
// that a crashed test leaves no server behind.
func DieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
