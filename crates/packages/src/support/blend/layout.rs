//! How the structures of a `.blend` file are laid out, as its block `DNA1` says.

use super::blocks::Contents;

/// All structures.
#[derive(Debug)]
pub(crate) struct Layout {
    types: Vec<Kind>,
    structures: Vec<Structure>,
}

#[derive(Debug)]
struct Kind {
    name: String,
    size: usize,
}

/// A structure and where its fields stand.
#[derive(Debug)]
pub(crate) struct Structure {
    pub(crate) name: String,
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    kind: usize,
    name: String,
    at: usize,
    size: usize,
}

/// Reads numbers and names one after the other.
struct Reader<'a> {
    contents: &'a Contents,
    bytes: &'a [u8],
    at: usize,
}

impl Layout {
    pub(crate) fn read(contents: &Contents) -> Option<Self> {
        let mut reader = Reader { contents, bytes: &contents.layout, at: 0 };
        reader.mark(b"SDNA")?;
        reader.mark(b"NAME")?;
        let names = reader.names()?;
        reader.mark(b"TYPE")?;
        let types = reader.names()?;
        reader.mark(b"TLEN")?;
        let mut kinds = Vec::with_capacity(types.len());
        for name in types {
            kinds.push(Kind { name, size: reader.short()? });
        }
        reader.mark(b"STRC")?;
        let count = reader.count()?;
        let mut structures = Vec::new();
        for _ in 0..count {
            let (kind, count) = (reader.short()?, reader.short()?);
            let (mut at, mut fields) = (0_usize, Vec::new());
            for _ in 0..count {
                let (kind, name) = (reader.short()?, names.get(reader.short()?)?);
                let (name, times, pointer) = parsed(name);
                let one = if pointer { contents.pointer } else { kinds.get(kind)?.size };
                let size = one.checked_mul(times)?;
                fields.push(Field { kind, name, at, size });
                at = at.checked_add(size)?;
            }
            structures.push(Structure { name: kinds.get(kind)?.name.clone(), fields });
        }
        Some(Self { types: kinds, structures })
    }

    pub(crate) fn structure(&self, at: usize) -> Option<&Structure> {
        self.structures.get(at)
    }

    /// The bytes of a field in a block of structure `of`.
    #[expect(clippy::unused_self, reason = "a field means something in its layout only")]
    pub(crate) fn field<'b>(&self, of: &Structure, name: &str, block: &'b [u8]) -> Option<&'b [u8]> {
        let field = of.fields.iter().find(|field| field.name == name)?;
        block.get(field.at..field.at.checked_add(field.size)?)
    }

    /// The bytes of a field in the structure that is the field `outer`.
    pub(crate) fn field_within<'b>(
        &self,
        of: &Structure,
        outer: &str,
        name: &str,
        block: &'b [u8],
    ) -> Option<&'b [u8]> {
        let field = of.fields.iter().find(|field| field.name == outer)?;
        let kind = &self.types.get(field.kind)?.name;
        let inner = self.structures.iter().find(|structure| structure.name == *kind)?;
        self.field(inner, name, block.get(field.at..)?)
    }
}

impl Reader<'_> {
    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }

    /// A word, which stands at a multiple of four.
    fn mark(&mut self, mark: &[u8; 4]) -> Option<()> {
        self.at = self.at.next_multiple_of(4);
        (self.take(4)? == mark).then_some(())
    }

    /// How many things follow; never more than there are bytes.
    fn count(&mut self) -> Option<usize> {
        let contents = self.contents;
        let count = contents.number(self.take(4)?);
        usize::try_from(count).ok().filter(|count| *count <= self.bytes.len())
    }

    fn short(&mut self) -> Option<usize> {
        let contents = self.contents;
        let short = self.take(2)?;
        Some(usize::from(if contents.big_endian {
            u16::from_be_bytes([short[0], short[1]])
        } else {
            u16::from_le_bytes([short[0], short[1]])
        }))
    }

    fn names(&mut self) -> Option<Vec<String>> {
        let count = self.count()?;
        let mut names = Vec::new();
        for _ in 0..count {
            let rest = self.bytes.get(self.at..)?;
            let end = rest.iter().position(|byte| *byte == 0)?;
            names.push(String::from_utf8_lossy(&rest[..end]).into_owned());
            self.at += end + 1;
        }
        Some(names)
    }
}

/// A field as C declares it: its name, how many there are of it, and whether it is a pointer.
fn parsed(declared: &str) -> (String, usize, bool) {
    let pointer = declared.starts_with(['*', '(']);
    let name = declared.trim_start_matches(['*', '(']);
    let end = name.find(['[', ')']).unwrap_or(name.len());
    let sizes = name.split('[').skip(1).filter_map(|size| size.split(']').next()?.parse::<usize>().ok());
    let times = sizes.fold(1_usize, usize::saturating_mul);
    (name[..end].to_owned(), times, pointer)
}
