package servicecatalog

import (
	"archive/zip"
	"io"
	"os"
)

// zipFile writes a zip file with one executable in it.
func zipFile(path, name, executable string) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	in, err := os.Open(executable)
	if err != nil {
		return err
	}
	defer in.Close()
	archive := zip.NewWriter(out)
	header := &zip.FileHeader{Name: name, Method: zip.Deflate}
	header.SetMode(0o755)
	entry, err := archive.CreateHeader(header)
	if err != nil {
		return err
	}
	if _, err := io.Copy(entry, in); err != nil {
		return err
	}
	return archive.Close()
}
