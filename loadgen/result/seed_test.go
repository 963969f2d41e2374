// SPDX-License-Identifier: Apache-2.0

package result

import (
	"encoding/json"
	"math"
	"testing"
)

// What a reader with doubles makes of a document must still name the seed.
func TestSeedsSurviveReadersWithDoubles(t *testing.T) {
	for _, seed := range []Seed{0, 1, 1 << 53, 1<<53 - 1, 1<<53 + 1, math.MaxUint64} {
		d := sample(t, uint64(seed), noon, nil)
		var loose any // numbers become float64
		if err := json.Unmarshal([]byte(written(t, d)), &loose); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(loose)
		if err != nil {
			t.Fatal(err)
		}
		var read Document
		if err := json.Unmarshal(again, &read); err != nil {
			t.Fatal(err)
		}
		if read.Run.Seed != seed || read.Run.Parts[0].Seed != seed {
			t.Errorf("seed %d came back as %d and %d", seed, read.Run.Seed, read.Run.Parts[0].Seed)
		}
	}
}

func TestSeedsOfOlderDocumentsAreRead(t *testing.T) {
	for text, want := range map[string]Seed{"42": 42, `"42"`: 42, "18446744073709551615": math.MaxUint64} {
		var s Seed
		if err := json.Unmarshal([]byte(text), &s); err != nil || s != want {
			t.Errorf("%s is read as %d (%v)", text, s, err)
		}
	}
	for _, text := range []string{"-1", "1.5", `"x"`, "18446744073709551616", "true"} {
		if err := json.Unmarshal([]byte(text), new(Seed)); err == nil {
			t.Errorf("%s is read as a seed", text)
		}
	}
}
