// SPDX-License-Identifier: Apache-2.0

// Package image makes container image archives from plain files and Debian
// trees, without a container engine.
package image

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// File is one entry of a layer.
type File struct {
	Path         string // absolute path in the image
	Source       string // file on this machine; else Content counts
	Content      string
	Link         string // target of a symbolic link
	Folder       bool
	Mode         int64 // 0755 when 0
	UID, GID     int
	Capabilities uint64 // file capabilities, one bit each, permitted and effective
}

// Bits of the file capabilities in use; see capabilities(7).
const (
	CapKill           = 1 << 5
	CapNetBindService = 1 << 10
)

// Tree is a tar archive of a file system, as mmdebstrap writes it.
type Tree struct {
	Archive string
	Exclude []string // prefixes or, with a *, patterns of paths to leave out; no leading slash
}

// layer writes its content anew whenever it is asked for, so that nothing but
// the finished archive is ever on disk. It is not compressed: it only travels
// within one machine.
type layer struct {
	tree   *Tree
	files  []File
	digest v1.Hash
	size   int64
}

func newLayer(tree *Tree, files []File) (*layer, error) {
	l := &layer{tree: tree, files: files}
	hash := sha256.New()
	counter := &countWriter{}
	if err := l.write(io.MultiWriter(hash, counter)); err != nil {
		return nil, err
	}
	l.digest = v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(hash.Sum(nil))}
	l.size = counter.n
	return l, nil
}

func (l *layer) Digest() (v1.Hash, error)             { return l.digest, nil }
func (l *layer) DiffID() (v1.Hash, error)             { return l.digest, nil }
func (l *layer) Size() (int64, error)                 { return l.size, nil }
func (l *layer) MediaType() (types.MediaType, error)  { return types.DockerUncompressedLayer, nil }
func (l *layer) Compressed() (io.ReadCloser, error)   { return l.Uncompressed() }
func (l *layer) Uncompressed() (io.ReadCloser, error) { return l.open(), nil }

func (l *layer) open() io.ReadCloser {
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(l.write(writer)) }()
	return reader
}

func (l *layer) write(w io.Writer) error {
	out := tar.NewWriter(w)
	if l.tree != nil {
		if err := l.tree.copyTo(out); err != nil {
			return err
		}
	}
	for _, file := range l.files {
		if err := file.writeTo(out); err != nil {
			return fmt.Errorf("adding %s: %w", file.Path, err)
		}
	}
	return out.Close()
}

func (t *Tree) copyTo(out *tar.Writer) error {
	file, err := os.Open(t.Archive)
	if err != nil {
		return fmt.Errorf("opening the file system archive: %w", err)
	}
	defer file.Close()
	in := tar.NewReader(file)
	for {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", t.Archive, err)
		}
		header.Name = strings.TrimPrefix(header.Name, "./")
		if header.Name == "" || t.excludes(header.Name) {
			continue
		}
		if header.Typeflag == tar.TypeLink {
			header.Linkname = strings.TrimPrefix(header.Linkname, "./")
		}
		header.Format = tar.FormatPAX
		if err := out.WriteHeader(header); err != nil {
			return fmt.Errorf("adding %s: %w", header.Name, err)
		}
		if _, err := io.Copy(out, in); err != nil {
			return fmt.Errorf("adding %s: %w", header.Name, err)
		}
	}
}

func (t *Tree) excludes(name string) bool {
	for _, pattern := range t.Exclude {
		matched := strings.HasPrefix(name, pattern)
		if strings.Contains(pattern, "*") {
			matched, _ = path.Match(pattern, name)
		}
		if matched {
			return true
		}
	}
	return false
}

func (f File) writeTo(out *tar.Writer) error {
	header := &tar.Header{
		Name: strings.TrimPrefix(path.Clean(f.Path), "/"), Mode: f.Mode, Uid: f.UID, Gid: f.GID,
		ModTime: time.Unix(0, 0), Format: tar.FormatPAX, Typeflag: tar.TypeReg,
	}
	if header.Mode == 0 {
		header.Mode = 0o755
	}
	if f.Capabilities != 0 {
		header.PAXRecords = map[string]string{"SCHILY.xattr.security.capability": capabilityAttribute(f.Capabilities)}
	}
	switch {
	case f.Folder:
		header.Typeflag = tar.TypeDir
		header.Name += "/"
		return out.WriteHeader(header)
	case f.Link != "":
		header.Typeflag, header.Linkname = tar.TypeSymlink, f.Link
		return out.WriteHeader(header)
	case f.Source == "":
		header.Size = int64(len(f.Content))
		if err := out.WriteHeader(header); err != nil {
			return err
		}
		_, err := io.WriteString(out, f.Content)
		return err
	}
	source, err := os.Open(f.Source)
	if err != nil {
		return err
	}
	defer source.Close()
	info, err := source.Stat()
	if err != nil {
		return err
	}
	header.Size = info.Size()
	if err := out.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(out, source)
	return err
}

// capabilityAttribute encodes struct vfs_cap_data, revision 2, of Linux's
// include/uapi/linux/capability.h: magic and effective flag, then permitted and
// inheritable sets in two 32-bit halves, all little-endian.
func capabilityAttribute(bits uint64) string {
	const revision2, effective = 0x02000000, 0x000001
	data := make([]byte, 20)
	binary.LittleEndian.PutUint32(data[0:], revision2|effective)
	binary.LittleEndian.PutUint32(data[4:], uint32(bits))
	binary.LittleEndian.PutUint32(data[12:], uint32(bits>>32))
	return string(data)
}

type countWriter struct{ n int64 }

func (c *countWriter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}
