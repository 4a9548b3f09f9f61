// A function as an executable: answers with the time at which it got its event, after the time that the event names.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(api + "next")
		if err != nil {
			os.Exit(1)
		}
		begun := time.Now().UnixMilli()
		body, _ := io.ReadAll(next.Body)
		next.Body.Close()
		var event struct{ HoldMs int64 }
		_ = json.Unmarshal(body, &event)
		time.Sleep(time.Duration(event.HoldMs) * time.Millisecond)
		answer := bytes.NewBufferString(fmt.Sprintf(`{"begun":%d}`, begun))
		posted, err := http.Post(api+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", "application/json", answer)
		if err != nil {
			os.Exit(1)
		}
		posted.Body.Close()
	}
}
