package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"strings"
)

// Request is a webhook as it came in: the headers that matter, and the body as it was signed.
type Request struct {
	Delivery  string `json:"delivery"`
	Kind      string `json:"kind"`
	Signature string `json:"signature"`
	Body      string `json:"body"`
}

// Push is what those who listen are told.
type Push struct {
	Delivery   string   `json:"delivery"`
	Repository string   `json:"repository"`
	Branch     string   `json:"branch"`
	Authors    []string `json:"authors"`
	Commits    int      `json:"commits"`
	Repeated   bool     `json:"repeated,omitempty"`
}

// ErrSignature means that the sender does not know the secret.
var ErrSignature = errors.New("the signature does not match")

// Memory tells whether a delivery is new, and remembers it.
type Memory interface {
	First(ctx context.Context, delivery string) (bool, error)
}

// Hooks checks and reads webhooks.
type Hooks struct {
	Secret []byte
	Seen   Memory
}

// Handle is the function's handler.
func (hooks Hooks) Handle(ctx context.Context, request Request) (*Push, error) {
	if !hooks.signed(request) {
		return nil, ErrSignature
	}
	if request.Kind != "push" {
		return nil, fmt.Errorf("no interest in %q", request.Kind)
	}
	push, err := read(request)
	if err != nil {
		return nil, err
	}
	first, err := hooks.Seen.First(ctx, request.Delivery)
	if err != nil {
		return nil, err
	}
	push.Repeated = !first
	log.Printf("%s: %d commits to %s of %s", push.Delivery, push.Commits, push.Branch, push.Repository)
	return push, nil
}

func (hooks Hooks) signed(request Request) bool {
	given, err := hex.DecodeString(strings.TrimPrefix(request.Signature, "sha256="))
	if err != nil {
		return false
	}
	code := hmac.New(sha256.New, hooks.Secret)
	code.Write([]byte(request.Body))
	return hmac.Equal(given, code.Sum(nil))
}

func read(request Request) (*Push, error) {
	var body struct {
		Ref        string
		Repository struct {
			FullName string `json:"full_name"`
		}
		Commits []struct{ Author struct{ Name string } }
	}
	if err := json.Unmarshal([]byte(request.Body), &body); err != nil {
		return nil, fmt.Errorf("the body of %s: %w", request.Delivery, err)
	}
	push := Push{
		Delivery:   request.Delivery,
		Repository: body.Repository.FullName,
		Branch:     strings.TrimPrefix(body.Ref, "refs/heads/"),
		Commits:    len(body.Commits),
		Authors:    []string{},
	}
	known := map[string]bool{}
	for _, commit := range body.Commits {
		if name := commit.Author.Name; !known[name] {
			known[name] = true
			push.Authors = append(push.Authors, name)
		}
	}
	return &push, nil
}
