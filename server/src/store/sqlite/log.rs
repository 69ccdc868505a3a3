//! The write-ahead log, checked before SQLite reads it.
//!
//! SQLite reads the log up to the first frame that is not whole, and ignores the rest without a word: after a crash that is
//! a commit that nobody was told of. But a commit is written only after the one before it has reached the disk. So if
//! whole commits follow the frame, the disk has changed it since, and to go on would lose acknowledged changes.
//!
//! The format: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>. No crate reads it. A log that is cut off, or
//! gone, or whose last commit is damaged, cannot be told from one that a crash has left.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read as _};
use std::path::Path;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;

/// A running checksum: each frame's goes on from that of the frame before.
type Checksum = [u32; 2];

/// Describes the damage of the log at `path`, if there must be one. A missing log is whole.
///
/// # Errors
///
/// If it cannot be read.
pub fn damage(path: &Path) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut log = BufReader::with_capacity(1024 * 1024, file);
    let mut header = [0; HEADER_BYTES];
    // Its header is on the disk before the first frame is written.
    let mut next = [0; FRAME_HEADER_BYTES];
    if !fill(&mut log, &mut header)? || !fill(&mut log, &mut next)? {
        return Ok(None);
    }
    let Some((big_endian, checksum)) = check_header(&header) else {
        return Ok(Some("the header of its log (-wal) is not whole".to_owned()));
    };
    let mut page = vec![0; number(&header, 8) as usize];
    let mut broken = None;
    // Of the frame before: its checksum as it is stored and as it should be, either of which may be damaged.
    let mut before = [checksum; 2];
    let mut follows_commit = false;
    for frame in 1_u64.. {
        if !fill(&mut log, &mut page)? {
            break;
        }
        let stored = [number(&next, 16), number(&next, 20)];
        let after = |before| add(add(before, &next[..8], big_endian), &page, big_endian);
        let sum = after(before[0]);
        let follows = sum == stored || (before[0] != before[1] && after(before[1]) == stored);
        let is_whole = follows && next[8..16] == header[16..24];
        match broken {
            Some(broken) if is_whole && follows_commit => {
                return Ok(Some(format!(
                    "frame {broken} of its log (-wal) is not whole, and later ones are"
                )));
            }
            None if !is_whole => broken = Some(frame),
            _ => {}
        }
        follows_commit = number(&next, 4) != 0;
        before = [stored, sum];
        if !fill(&mut log, &mut next)? {
            break;
        }
    }
    Ok(None)
}

/// Returns whether the checksums are big-endian, and the first of them, if the header is whole.
fn check_header(header: &[u8; HEADER_BYTES]) -> Option<(bool, Checksum)> {
    let big_endian = match number(header, 0) {
        0x377f_0682 => false,
        0x377f_0683 => true,
        _ => return None,
    };
    let sum = add([0, 0], &header[..24], big_endian);
    let is_page_size = (512..=65536).contains(&number(header, 8)) && number(header, 8).is_power_of_two();
    (is_page_size && sum == [number(header, 24), number(header, 28)]).then_some((big_endian, sum))
}

fn add([mut first, mut second]: Checksum, bytes: &[u8], big_endian: bool) -> Checksum {
    let word =
        |bytes: [u8; 4]| if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
    for pair in bytes.as_chunks::<8>().0 {
        let [a, b, c, d, e, f, g, h] = *pair;
        first = first.wrapping_add(word([a, b, c, d])).wrapping_add(second);
        second = second.wrapping_add(word([e, f, g, h])).wrapping_add(first);
    }
    [first, second]
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Reads as many bytes as `buffer` holds; returns `false` if the file ends before.
fn fill(log: &mut BufReader<File>, buffer: &mut [u8]) -> io::Result<bool> {
    match log.read_exact(buffer) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| true),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    const PAGE_BYTES: usize = 512;
    const FRAME_BYTES: usize = FRAME_HEADER_BYTES + PAGE_BYTES;

    /// A log as SQLite writes it: some commits of one frame, the last of several.
    fn written() -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("db");
        let connection = Connection::open(&path).expect("a database");
        connection
            .execute_batch(
                "PRAGMA page_size = 512; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
                 CREATE TABLE texts (text TEXT); INSERT INTO texts VALUES ('b');
                 INSERT INTO texts VALUES ('c'); INSERT INTO texts VALUES ('d');
                 INSERT INTO texts VALUES (hex(zeroblob(900)));",
            )
            .expect("a log");
        std::fs::read(folder.path().join("db-wal")).expect("a log")
    }

    /// SQLite's checksum, written a second time.
    fn checksum(start: [u32; 2], bytes: &[u8], word: fn([u8; 4]) -> u32) -> [u32; 2] {
        let words: Vec<u32> = bytes.chunks(4).map(|four| word(four.try_into().expect("four"))).collect();
        words.chunks(2).fold(start, |[s0, s1], pair| {
            let s0 = s0.wrapping_add(pair[0]).wrapping_add(s1);
            [s0, s1.wrapping_add(pair[1]).wrapping_add(s0)]
        })
    }

    fn store(log: &mut [u8], at: usize, [s0, s1]: [u32; 2]) {
        log[at..at + 4].copy_from_slice(&s0.to_be_bytes());
        log[at + 4..at + 8].copy_from_slice(&s1.to_be_bytes());
    }

    /// The same log as a machine of the other byte order writes it.
    fn big_endian(mut log: Vec<u8>) -> Vec<u8> {
        log[3] = 0x83;
        let mut sum = checksum([0, 0], &log[..24], u32::from_be_bytes);
        store(&mut log, 24, sum);
        for frame in (HEADER_BYTES..log.len()).step_by(FRAME_BYTES) {
            sum = checksum(sum, &log[frame..frame + 8], u32::from_be_bytes);
            sum = checksum(sum, &log[frame + FRAME_HEADER_BYTES..frame + FRAME_BYTES], u32::from_be_bytes);
            store(&mut log, frame + 16, sum);
        }
        log
    }

    fn damage_of(log: &[u8]) -> Option<String> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), log).expect("a file");
        damage(file.path()).expect("a file that can be read")
    }

    #[test]
    fn a_changed_bit_before_the_last_commit_is_noticed_and_in_it_taken_for_a_crash() {
        for log in [written(), big_endian(written())] {
            assert_eq!(log[..3], [0x37, 0x7f, 0x06]);
            assert_eq!(damage_of(&log), None);
            for at in 0..HEADER_BYTES {
                let mut changed = log.clone();
                changed[at] ^= 1;
                assert_eq!(
                    damage_of(&changed).as_deref(),
                    Some("the header of its log (-wal) is not whole"),
                    "{at}"
                );
            }
            let frames = (log.len() - HEADER_BYTES) / FRAME_BYTES;
            let commits: Vec<_> = (1..=frames)
                .filter(|frame| number(&log, HEADER_BYTES + (frame - 1) * FRAME_BYTES + 4) != 0)
                .collect();
            let [.., last_but_one, last] = commits[..] else { panic!("{commits:?}") };
            assert!(last == frames && last_but_one + 2 < frames, "{commits:?}");
            for frame in 1..=frames {
                let begin = HEADER_BYTES + (frame - 1) * FRAME_BYTES;
                // Page number, salts, checksum, page.
                for at in [3, 8, 15, 16, 23, 24, FRAME_BYTES - 1] {
                    let mut changed = log.clone();
                    changed[begin + at] ^= 1;
                    let expected = (frame <= last_but_one)
                        .then(|| format!("frame {frame} of its log (-wal) is not whole, and later ones are"));
                    assert_eq!(damage_of(&changed), expected, "byte {at} of {frames}");
                }
            }
        }
    }

    #[test]
    fn a_log_with_nothing_whole_after_some_frame_is_what_a_crash_may_leave() {
        let log = written();
        let frames = (log.len() - HEADER_BYTES) / FRAME_BYTES;
        for first in 1..=frames {
            let mut changed = log.clone();
            (first..=frames).for_each(|frame| changed[HEADER_BYTES + frame * FRAME_BYTES - 1] ^= 1);
            assert_eq!(damage_of(&changed), None, "from frame {first} of {frames}");
        }
    }

    #[test]
    fn a_log_that_is_cut_off_or_gone_is_what_a_crash_may_leave() {
        let log = written();
        for length in (0..log.len()).step_by(61) {
            assert_eq!(damage_of(&log[..length]), None, "{length}");
        }
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(damage(&folder.path().join("none-wal")).expect("no error"), None);
        let file = folder.path().join("file");
        std::fs::write(&file, "").expect("a file");
        assert!(damage(&file.join("none-wal")).is_err(), "no folder to look in");
        assert!(damage(folder.path()).is_err(), "a folder cannot be read");
    }

    #[test]
    fn pages_have_the_sizes_that_sqlite_allows() {
        for (bytes, is_allowed) in
            [(512_u32, true), (65536, true), (256, false), (1000, false), (131_072, false)]
        {
            let mut log = written();
            log[8..12].copy_from_slice(&bytes.to_be_bytes());
            let sum = checksum([0, 0], &log[..24], u32::from_le_bytes);
            store(&mut log, 24, sum);
            // Of the frames none is whole any more, which is what a crash may leave.
            assert_eq!(damage_of(&log).is_none(), is_allowed, "{bytes}");
        }
    }
}
