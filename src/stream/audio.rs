//! Sound as numbers: G.711 µ-law, sampling rates, and frames of 20 ms.

use crate::base::limits;

/// Added before the logarithm is taken (ITU-T G.711).
const BIAS: i32 = 0x84;

/// The largest magnitude that µ-law can say.
const CLIP: i32 = 32_635;

/// A sample in µ-law.
pub(super) fn to_mulaw(sample: i16) -> u8 {
    let sign: u8 = if sample < 0 { 0x80 } else { 0 };
    let magnitude = i32::from(sample).abs().min(CLIP) + BIAS;
    // 7 to 14, because of the bias.
    let top = 31 - magnitude.leading_zeros().min(24);
    let exponent = top.saturating_sub(7);
    let mantissa = (magnitude >> (exponent + 3)) & 0x0F;
    let low = u8::try_from(mantissa).unwrap_or(0x0F) | (u8::try_from(exponent).unwrap_or(7) << 4);
    !(sign | low)
}

/// A sample of µ-law.
pub(super) fn from_mulaw(byte: u8) -> i16 {
    let byte = !byte;
    let exponent = (byte >> 4) & 0x07;
    let magnitude = ((i32::from(byte & 0x0F) << 3) + BIAS) << exponent;
    let value = magnitude - BIAS;
    let signed = if byte & 0x80 == 0 { value } else { -value };
    i16::try_from(signed).unwrap_or(i16::MAX)
}

/// Samples of 16 bits, least significant byte first, as the switch and both vendors send them. An odd
/// byte at the end is left out.
pub(super) fn from_l16(bytes: &[u8]) -> Vec<i16> {
    let pairs = bytes.chunks_exact(2);
    pairs.map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// The other way round.
pub(super) fn to_l16(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// Changes the sampling rate, piece by piece: going down, samples are averaged; going up, they are
/// joined by straight lines. Enough for speech on the telephone.
#[derive(Debug)]
pub(super) struct Resampler {
    from: u32,
    to: u32,
    /// Samples that were not enough for one of the output, going down by a whole factor.
    rest: Vec<i16>,
    last: i16,
    /// Where between the last sample and the next one the next output lies, in `to`ths.
    phase: u32,
}

impl Resampler {
    pub(super) fn new(from: u32, to: u32) -> Self {
        Self { from: from.max(1), to: to.max(1), rest: Vec::new(), last: 0, phase: 0 }
    }

    pub(super) fn convert(&mut self, samples: Vec<i16>) -> Vec<i16> {
        if self.from == self.to {
            return samples;
        }
        if self.from.is_multiple_of(self.to) {
            return self.average(&samples);
        }
        let mut out = Vec::with_capacity(samples.len().saturating_mul(2));
        for sample in samples {
            let (low, step) = (i64::from(self.last), i64::from(sample) - i64::from(self.last));
            while self.phase < self.to {
                let at = low + step * i64::from(self.phase) / i64::from(self.to);
                out.push(i16::try_from(at).unwrap_or_default());
                self.phase += self.from;
            }
            self.phase -= self.to;
            self.last = sample;
        }
        out
    }

    fn average(&mut self, samples: &[i16]) -> Vec<i16> {
        let factor = usize::try_from(self.from / self.to).unwrap_or(1).max(1);
        self.rest.extend_from_slice(samples);
        let whole = self.rest.len() / factor * factor;
        let mean = |group: &[i16]| {
            let sum: i64 = group.iter().map(|sample| i64::from(*sample)).sum();
            i16::try_from(sum / i64::try_from(group.len()).unwrap_or(1)).unwrap_or_default()
        };
        let out = self.rest[..whole].chunks(factor).map(mean).collect();
        self.rest.drain(..whole);
        out
    }
}

/// Cuts what comes in pieces of any length into frames of 20 ms.
#[derive(Debug)]
pub(super) struct Cutter {
    samples: Vec<i16>,
    frame: usize,
}

impl Cutter {
    pub(super) fn new(rate: u32) -> Self {
        Self { samples: Vec::new(), frame: frame_of(rate) }
    }

    /// The frames that are complete now.
    pub(super) fn cut(&mut self, samples: &[i16]) -> Vec<Vec<i16>> {
        self.samples.extend_from_slice(samples);
        let whole = self.samples.len() / self.frame * self.frame;
        let frames = self.samples[..whole].chunks(self.frame).map(<[i16]>::to_vec).collect();
        self.samples.drain(..whole);
        frames
    }
}

/// Samples in one frame.
pub(super) fn frame_of(rate: u32) -> usize {
    let per_second = 1_000 / limits::STREAM_FRAME_MS.max(1);
    usize::try_from(rate / per_second.max(1)).unwrap_or(160).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mulaw_is_that_of_the_standard() {
        for (sample, byte) in [(0, 0xFF), (-1, 0x7F), (8, 0xFE), (1000, 0xCE), (32_767, 0x80)] {
            assert_eq!(to_mulaw(sample), byte, "{sample}");
        }
        assert_eq!(to_mulaw(i16::MIN), 0x00);
        assert_eq!((from_mulaw(0xFF), from_mulaw(0x80), from_mulaw(0x00)), (0, 32_124, -32_124));
        for byte in 0..=255 {
            // There are two ways to say nothing.
            let again = to_mulaw(from_mulaw(byte));
            assert!(again == byte || (byte == 0x7F && again == 0xFF), "{byte}");
        }
    }

    #[test]
    fn rates_change_without_losing_count() {
        let tone: Vec<i16> = (0..4_800).map(|n| if n % 48 < 24 { 8_000 } else { -8_000 }).collect();
        for (from, to) in [(8_000, 16_000), (16_000, 8_000), (48_000, 8_000), (24_000, 16_000)] {
            let mut resampler = Resampler::new(from, to);
            let pieces = tone.chunks(37).map(|piece| resampler.convert(piece.to_vec()).len());
            let made: usize = pieces.sum();
            let expected = 4_800 * to as usize / from as usize;
            assert!(made.abs_diff(expected) <= 1, "{from} {to}: {made}");
        }
        let mut same = Resampler::new(8_000, 8_000);
        assert_eq!(same.convert(vec![1, 2, 3]), [1, 2, 3]);
        let mut up = Resampler::new(8_000, 16_000);
        assert_eq!(up.convert(vec![100, 200]), [0, 50, 100, 150]);
        let mut down = Resampler::new(16_000, 8_000);
        assert_eq!(down.convert(vec![10, 20, 30]), [15]);
        assert_eq!(down.convert(vec![50]), [40]);
    }

    #[test]
    fn frames_have_one_length_however_the_samples_come() {
        let mut cutter = Cutter::new(8_000);
        assert!(cutter.cut(&[1; 100]).is_empty());
        let frames = cutter.cut(&[1; 300]);
        assert_eq!(frames.iter().map(Vec::len).collect::<Vec<_>>(), [160, 160]);
        assert_eq!(cutter.cut(&[1; 80]).len(), 1);
    }
}
