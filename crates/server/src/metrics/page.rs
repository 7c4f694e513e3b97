//! A page of figures in the words of OpenMetrics, made anew each time it is asked for: what the roles hold is
//! read from them, and never kept twice.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Names and values of what tells figures of one kind apart.
pub(crate) type Labels = Vec<(&'static str, String)>;

/// The type of what is written.
pub(super) const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A page in the making. Every figure's name begins with `framefarm_`.
pub(crate) struct Page(Registry);

impl Page {
    pub(super) fn new() -> Self {
        Self(Registry::default())
    }

    /// How much there is now.
    pub(crate) fn gauge(&mut self, name: &str, help: &str, value: impl Into<f64>) {
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(value.into());
        self.0.register(name, help, gauge);
    }

    /// The same of several kinds.
    pub(crate) fn gauges(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (Labels, f64)>) {
        let family = Family::<Labels, Gauge<f64, AtomicU64>>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).set(value);
        }
        self.0.register(name, help, family);
    }

    /// How much of something has come together so far.
    pub(crate) fn counter(&mut self, name: &str, help: &str, value: f64) {
        let counter = Counter::<f64, AtomicU64>::default();
        counter.inc_by(value);
        self.0.register(name, help, counter);
    }

    /// How often something has happened, by kind. The library adds `_total` to the name.
    pub(crate) fn counters(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels, f64)>,
    ) {
        let family = Family::<Labels, Counter<f64, AtomicU64>>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).inc_by(value);
        }
        self.0.register(name, help, family);
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Nothing can fail that writes to a text.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.0);
        text
    }
}

/// One label.
pub(crate) fn label(name: &'static str, value: impl ToString) -> Labels {
    vec![(name, value.to_string())]
}

/// A count as the page has it: exact up to 2^53.
pub(crate) fn count(value: impl TryInto<u64>) -> f64 {
    value.try_into().unwrap_or(u64::MAX) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_open_metrics() {
        let mut page = Page::new();
        page.gauge("framefarm_leases", "Live leases", 3);
        page.counters("framefarm_refused", "Refused", [(label("kind", "a\"b\n"), 2.0)]);
        let text = page.text();
        let expected = "# HELP framefarm_leases Live leases.\n# TYPE framefarm_leases gauge\nframefarm_leases 3.0\n\
            # HELP framefarm_refused Refused.\n# TYPE framefarm_refused counter\n\
            framefarm_refused_total{kind=\"a\\\"b\\n\"} 2.0\n# EOF\n";
        assert_eq!(text, expected);
    }
}
