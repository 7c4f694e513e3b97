//! Connections that can be cut from outside: those of a member whose certificate is no longer good end at
//! once, whatever they are in the middle of.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The connections of members, by the serial number of the certificate that they showed. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cutter(Arc<Mutex<BTreeMap<String, Vec<Weak<Knife>>>>>);

/// Cuts one connection.
#[derive(Debug, Default)]
struct Knife {
    cut: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

/// A connection that can be cut.
#[derive(Debug)]
pub(crate) struct Cuttable<S> {
    stream: S,
    knife: Arc<Knife>,
}

impl Cutter {
    /// `stream`, which whoever showed the certificate `serial` speaks through.
    pub(crate) fn watch<S>(&self, serial: &str, stream: S) -> Cuttable<S> {
        let knife = Arc::new(Knife::default());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.entry(serial.to_owned()).or_default();
        own.retain(|knife| knife.strong_count() > 0);
        own.push(Arc::downgrade(&knife));
        Cuttable { stream, knife }
    }

    /// Cuts every connection of the certificate `serial`, and says how many there were.
    pub(crate) fn cut(&self, serial: &str) -> usize {
        let knives = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(serial).unwrap_or_default();
        let knives = knives.iter().filter_map(Weak::upgrade);
        knives.map(|knife| knife.cut()).count()
    }
}

impl Knife {
    fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        self.reader.wake();
        self.writer.wake();
    }

    /// An error once it is cut. The waker is kept before the look, so that a cut in between is not missed.
    fn look(&self, waker: &AtomicWaker, context: &Context<'_>) -> io::Result<()> {
        waker.register(context.waker());
        if self.cut.load(Ordering::SeqCst) {
            let why = "the certificate of the other end is no longer good";
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, why));
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Cuttable<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.knife.look(&self.knife.reader, context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Cuttable<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.knife.look(&self.knife.writer, context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.knife.look(&self.knife.writer, context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_connection_that_waits_is_cut_and_others_are_not() {
        let cutter = Cutter::default();
        let (mut far, near) = tokio::io::duplex(64);
        let (mut other_far, other_near) = tokio::io::duplex(64);
        let (mut near, mut other) = (cutter.watch("01", near), cutter.watch("02", other_near));
        far.write_all(b"hello").await.unwrap();
        let mut bytes = [0; 5];
        near.read_exact(&mut bytes).await.unwrap();
        let waiting = tokio::spawn(async move { near.read(&mut [0; 5]).await });
        tokio::task::yield_now().await;
        assert_eq!(cutter.cut("01"), 1);
        let error = waiting.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
        other_far.write_all(b"still").await.unwrap();
        other.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"still");
        drop(other);
        assert_eq!(cutter.cut("02"), 0);
        assert_eq!(cutter.cut("01"), 0);
    }
}
