// Times Helm's engine.Render alone: one chart, one process, warm; prints the CPU seconds of each repetition.
// Built by bench.py into .cache against the pinned Helm.
package main

import (
	"fmt"
	"os"
	"strconv"
	"syscall"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

func cpu() float64 {
	var used syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	times, err := strconv.Atoi(os.Args[2])
	check(err)
	for range times {
		// Templates may change values: each repetition has its own.
		chart, err := loader.Load(os.Args[1])
		check(err)
		check(chartutil.ProcessDependenciesWithMerge(chart, chartutil.Values{}))
		release := chartutil.ReleaseOptions{Name: "r", Namespace: "default", Revision: 1, IsInstall: true}
		values, err := chartutil.ToRenderValues(chart, chartutil.Values{}, release, nil)
		check(err)
		before := cpu()
		files, err := engine.Render(chart, values)
		after := cpu()
		check(err)
		size := 0
		for _, text := range files {
			size += len(text)
		}
		fmt.Println(after-before, size)
	}
}
