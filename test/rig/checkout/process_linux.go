package checkout

import (
	"os/exec"
	"syscall"
)

// DieWithParent makes the kernel end cmd when this process dies, however it dies,
// so that a crashed test leaves no server behind.
func DieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
