package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// cpuSeconds returns the processor time that a process has used (Linux: clock ticks are hundredths).
func cpuSeconds(pid int) float64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+2:]))
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}

// memoryBytes returns the memory of a process: "VmRSS" now, "VmHWM" at its peak.
func memoryBytes(pid int, field string) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(status), "\n") {
		if parts := strings.Fields(line); len(parts) > 1 && parts[0] == field+":" {
			kilobytes, _ := strconv.ParseInt(parts[1], 10, 64)
			return kilobytes * 1024
		}
	}
	return 0
}
