// A function as an executable: answers with what its own init took, who it is, and how many events it has served.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

var begun = time.Now()

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	initMs := float64(time.Since(begun).Microseconds()) / 1000
	for served := 1; ; served++ {
		next, err := http.Get(api + "next")
		if err != nil {
			os.Exit(1)
		}
		body, _ := io.ReadAll(next.Body)
		next.Body.Close()
		var event struct{ WaitMs int64 }
		_ = json.Unmarshal(body, &event)
		time.Sleep(time.Duration(event.WaitMs) * time.Millisecond)
		answer := bytes.NewBufferString(fmt.Sprintf(`{"initMs":%f,"id":"%x","served":%d}`, initMs, id, served))
		posted, err := http.Post(api+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", "application/json", answer)
		if err != nil {
			os.Exit(1)
		}
		posted.Body.Close()
	}
}
