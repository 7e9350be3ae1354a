package command

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// transcript is what a command has written to both streams, in the order it came.
type transcript struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (t *transcript) append(data []byte) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.buffer.Write(data)
}

// String returns it all. The command must have ended.
func (t *transcript) String() string { return t.buffer.String() }

// stream is one of the command's streams.
type stream struct {
	all   *transcript
	show  func(line string) // displays a line while the command runs; may be nil
	own   bytes.Buffer
	shown int // how much of own is displayed
}

var _ io.Writer = (*stream)(nil)

// Write keeps data and displays the lines that it completes.
func (s *stream) Write(data []byte) (int, error) {
	s.all.append(data)
	s.own.Write(data)
	if s.show == nil || !bytes.ContainsRune(data, '\n') {
		return len(data), nil
	}
	for {
		line, _, complete := bytes.Cut(s.own.Bytes()[s.shown:], []byte("\n"))
		if !complete {
			return len(data), nil
		}
		s.shown += len(line) + 1
		s.show(strings.TrimSuffix(string(line), "\r"))
	}
}

// flush displays a last line that does not end.
func (s *stream) flush() {
	if s.show != nil && s.shown < s.own.Len() {
		s.show(string(s.own.Bytes()[s.shown:]))
	}
}

// text is the whole stream without its last newline.
func (s *stream) text() string { return strings.TrimSuffix(s.own.String(), "\n") }
