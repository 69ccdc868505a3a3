//! The write-ahead log, looked at before SQLite does.
//!
//! SQLite takes the log up to the first frame that is not whole, and says nothing of what follows: after a
//! crash that is a commit that nobody was told of. But a commit is written only after the one before it has
//! reached the disk. So where whole commits follow the frame, the disk has changed it since, and to go on
//! would lose acknowledged changes.
//!
//! The format: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>. What cannot be told from a
//! crash: a log that is cut off, or gone, or whose last commit is damaged.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read as _};
use std::path::Path;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;

/// A running checksum: each frame's goes on from that of the frame before.
type Checksum = [u32; 2];

/// Says how the log at `path` was damaged, if it must have been; a missing one is whole.
///
/// # Errors
///
/// Where it cannot be read.
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

/// The byte order of the checksums and the first of them, if the header is whole.
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

/// Reads as many bytes as `buffer` holds; `false` if the file ends before.
fn fill(log: &mut BufReader<File>, buffer: &mut [u8]) -> io::Result<bool> {
    match log.read_exact(buffer) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| true),
    }
}
