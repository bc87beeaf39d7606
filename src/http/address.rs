//! Special addresses: those that no public server has. The ranges are IANA's special-purpose
//! registries (RFC 6890 and its updates, RFC 1918, 3927, 4193, 4291, 6052, 6598, 3056, 4380).

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Why an address is not one of the public internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// `0.0.0.0/8`, `::`.
    Unspecified,
    /// `127.0.0.0/8`, `::1`.
    Loopback,
    /// RFC 1918.
    Private,
    /// `169.254.0.0/16`, `fe80::/10`: among them the clouds' metadata servers.
    LinkLocal,
    /// A cloud's metadata or host server that lies in public space.
    Metadata,
    /// `100.64.0.0/10`: shared by carriers' customers.
    CarrierGrade,
    /// `224.0.0.0/4`, `ff00::/8`.
    Multicast,
    /// `255.255.255.255`.
    Broadcast,
    /// `198.18.0.0/15`.
    Benchmarking,
    /// The example networks of RFC 5737, 3849 and 9637.
    Documentation,
    /// `fc00::/7`, and the older `fec0::/10`.
    UniqueLocal,
    /// Everything else that is set aside: `240.0.0.0/4`, `192.0.0.0/24`, IPv6 outside `2000::/3`, ….
    Reserved,
}

impl Special {
    /// A short, stable name, for metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link_local",
            Self::Metadata => "metadata",
            Self::CarrierGrade => "carrier_grade",
            Self::Multicast => "multicast",
            Self::Broadcast => "broadcast",
            Self::Benchmarking => "benchmarking",
            Self::Documentation => "documentation",
            Self::UniqueLocal => "unique_local",
            Self::Reserved => "reserved",
        }
    }
}

impl fmt::Display for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "an unspecified address",
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::Metadata => "a cloud metadata address",
            Self::CarrierGrade => "a carrier-grade NAT address",
            Self::Multicast => "a multicast address",
            Self::Broadcast => "the broadcast address",
            Self::Benchmarking => "a benchmarking address",
            Self::Documentation => "a documentation address",
            Self::UniqueLocal => "a unique-local address",
            Self::Reserved => "a reserved address",
        })
    }
}

/// What is special about an address; `None` for one of the public internet. An IPv6 address that
/// carries an IPv4 address (mapped, NAT64, 6to4) is as special as what it carries.
pub fn special(address: IpAddr) -> Option<Special> {
    match address {
        IpAddr::V4(v4) => special_v4(v4),
        IpAddr::V6(v6) => match carried_v4(v6) {
            Some(v4) => special_v4(v4),
            None => special_v6(v6),
        },
    }
}

/// The IPv4 address inside a v4-mapped (`::ffff:0:0/96`), NAT64 (`64:ff9b::/96`) or 6to4
/// (`2002::/16`) address.
pub(super) fn carried_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(from(high, low))
        }
        [0x2002, high, low, ..] => Some(from(high, low)),
        _ => None,
    }
}

fn special_v4(address: Ipv4Addr) -> Option<Special> {
    Some(match address.octets() {
        [0, ..] => Special::Unspecified,
        [127, ..] => Special::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Special::Private,
        [169, 254, ..] => Special::LinkLocal,
        // Azure's host server: reachable from every virtual machine, a public address by number.
        [168, 63, 129, 16] => Special::Metadata,
        [100, 64..=127, ..] => Special::CarrierGrade,
        [198, 18..=19, ..] => Special::Benchmarking,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Special::Documentation,
        [192, 0, 0, _] | [192, 88, 99, _] => Special::Reserved,
        [255, 255, 255, 255] => Special::Broadcast,
        [224..=239, ..] => Special::Multicast,
        [240..=255, ..] => Special::Reserved,
        _ => return None,
    })
}

fn special_v6(address: Ipv6Addr) -> Option<Special> {
    let segments = address.segments();
    Some(match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => Special::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => Special::Loopback,
        [0xff00..=0xffff, ..] => Special::Multicast,
        [0xfe80..=0xfebf, ..] => Special::LinkLocal,
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => Special::UniqueLocal,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => Special::Documentation,
        // 2001::/23 is for protocols: Teredo (which carries an IPv4 address), ORCHID, benchmarks.
        [0x2001, 0..=0x01ff, ..] => Special::Reserved,
        [0x2000..=0x3fff, ..] => return None,
        _ => Special::Reserved,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_are_known() {
        use Special::*;
        for (address, what) in [
            ("0.0.0.0", Some(Unspecified)),
            ("0.1.2.3", Some(Unspecified)),
            ("127.0.0.1", Some(Loopback)),
            ("127.255.255.255", Some(Loopback)),
            ("10.0.0.1", Some(Private)),
            ("172.15.0.1", None),
            ("172.16.0.1", Some(Private)),
            ("172.31.255.255", Some(Private)),
            ("172.32.0.1", None),
            ("192.168.1.1", Some(Private)),
            ("169.254.169.254", Some(LinkLocal)),
            ("168.63.129.16", Some(Metadata)),
            ("100.63.255.255", None),
            ("100.64.0.1", Some(CarrierGrade)),
            ("100.100.100.200", Some(CarrierGrade)),
            ("100.128.0.0", None),
            ("198.18.0.1", Some(Benchmarking)),
            ("198.20.0.1", None),
            ("192.0.2.1", Some(Documentation)),
            ("198.51.100.1", Some(Documentation)),
            ("203.0.113.1", Some(Documentation)),
            ("192.0.0.8", Some(Reserved)),
            ("192.88.99.1", Some(Reserved)),
            ("224.0.0.1", Some(Multicast)),
            ("240.0.0.1", Some(Reserved)),
            ("255.255.255.255", Some(Broadcast)),
            ("8.8.8.8", None),
            ("::", Some(Unspecified)),
            ("::1", Some(Loopback)),
            ("::2", Some(Reserved)),
            ("::127.0.0.1", Some(Reserved)),
            ("::ffff:127.0.0.1", Some(Loopback)),
            ("::ffff:8.8.8.8", None),
            ("64:ff9b::10.0.0.1", Some(Private)),
            ("64:ff9b::8.8.8.8", None),
            ("64:ff9b:1::8.8.8.8", Some(Reserved)),
            ("2002:a9fe:a9fe::1", Some(LinkLocal)),
            ("2002:808:808::1", None),
            ("2001::1", Some(Reserved)),
            ("2001:db8::1", Some(Documentation)),
            ("3fff:fff::1", Some(Documentation)),
            ("2001:4860:4860::8888", None),
            ("fc00::1", Some(UniqueLocal)),
            ("fd00:ec2::254", Some(UniqueLocal)),
            ("fe80::1", Some(LinkLocal)),
            ("fec0::1", Some(UniqueLocal)),
            ("ff02::1", Some(Multicast)),
            ("100::1", Some(Reserved)),
            ("5f00::1", Some(Reserved)),
        ] {
            assert_eq!(special(address.parse().unwrap()), what, "{address}");
        }
    }
}
