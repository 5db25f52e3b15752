//! What the kernel announces about devices that come and go.

use std::{future::pending, ops::ControlFlow};

use siaga_devices::{
    Roots,
    hotplug::{self, Plug},
};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tracing::{info, warn};

use super::Hearing;

/// The ear on it. Where it is deaf, as in a container, only scans tell.
#[derive(Debug)]
pub(super) struct Plugs(UnboundedReceiver<Plug>);

impl Plugs {
    /// Begins to listen.
    pub(super) fn listen(hearing: Hearing) -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        let hand_on = move |plug| {
            hearing.on_plug(&plug);
            match tell.send(plug) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        };
        if let Err(error) = hotplug::listen(Roots::default(), hand_on.clone()) {
            let _ = hand_on(Plug::Deaf(error));
        }
        Self(told)
    }

    /// Hears nothing, for a look that is over soon.
    pub(super) fn unheard() -> Self {
        Self(mpsc::unbounded_channel().1)
    }

    /// Resolves once devices came or went since it last did; never where nothing is heard.
    pub(super) async fn next(&mut self) {
        while let Some(plug) = self.0.recv().await {
            match plug {
                Plug::Listening(source) => info!(%source, "devices that come and go are announced"),
                Plug::Deaf(error) => say_deaf(&error),
                Plug::Changed => {
                    // One look answers all that was announced before it.
                    while let Ok(Plug::Changed) = self.0.try_recv() {}
                    return;
                }
            }
        }
        pending::<()>().await;
    }
}

fn say_deaf(error: &std::io::Error) {
    warn!(
        %error,
        "devices that come and go are not announced here: a pulled cable shows at the next scan only; \
         let the service open netlink sockets (AF_NETLINK), or set devices.scan_interval lower"
    );
}

#[cfg(test)]
mod tests {
    use std::{io, pin::pin, task::Poll};

    use super::*;

    async fn is_told(plugs: &mut Plugs) -> bool {
        let mut next = pin!(plugs.next());
        std::future::poll_fn(|context| Poll::Ready(next.as_mut().poll(context).is_ready())).await
    }

    #[tokio::test]
    async fn one_look_answers_all_that_was_announced_and_the_deaf_wait_for_the_next_scan() {
        let (tell, told) = mpsc::unbounded_channel();
        let mut plugs = Plugs(told);
        assert!(!is_told(&mut plugs).await);
        for plug in [Plug::Listening(hotplug::Source::Udev), Plug::Changed, Plug::Changed] {
            tell.send(plug).unwrap();
        }
        assert!(is_told(&mut plugs).await);
        assert!(!is_told(&mut plugs).await);
        tell.send(Plug::Deaf(io::ErrorKind::PermissionDenied.into())).unwrap();
        drop(tell);
        assert!(!is_told(&mut plugs).await);
    }
}
