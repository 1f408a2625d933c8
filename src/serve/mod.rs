//! The RTSP server: gst-rtsp-server on a thread of its own.
//!
//! A mount is fed with coded frames, and by the same ones for all its readers. What a mount shows, and that it never stops,
//! is the stream's business.

mod absolute;
mod error;
mod metrics;
mod readers;

pub(crate) use error::ServeError;
pub(crate) use metrics::{Board, MetricsServer};
pub(crate) use readers::Readers;

use crate::config::{Codec, RtspSink, Server};
use crate::pipeline::live::{Feed, Origin, Taken, Unit, mount_launch};
use crate::stream::{Broadcast, CameraClock, Tap};
use gst::glib;
use gst::prelude::*;
use gst_rtsp::{RTSPAuthMethod, RTSPStatusCode};
use gst_rtsp_server::gio;
use gst_rtsp_server::prelude::*;
use gst_rtsp_server::{
    RTSPAuth, RTSPClient, RTSPContext, RTSPFilterResult, RTSPMedia, RTSPMediaFactory, RTSPServer,
    RTSPToken,
};
use readers::path_of;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a user with the right password may do is one thing: read.
const ROLE: &str = "reader";
/// How often sessions that have timed out are forgotten.
const CLEANUP: Duration = Duration::from_secs(2);

/// A running server.
pub(crate) struct RtspServer {
    server: RTSPServer,
    main_loop: glib::MainLoop,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    has_auth: bool,
}

#[derive(Default)]
struct Shared {
    readers: Arc<Readers>,
    broadcasts: Mutex<BTreeMap<String, Arc<Broadcast>>>,
}

/// A mount's way in.
struct MountTap(Feed);

impl Tap for MountTap {
    fn put(&self, unit: &Unit) -> bool {
        self.0.put(unit) == Taken::NeedsKey
    }
}

impl RtspServer {
    /// Starts a server without mounts.
    ///
    /// # Errors
    ///
    /// It cannot listen there, or its certificate cannot be used.
    pub(crate) fn start(settings: &Server) -> Result<Self, ServeError> {
        let server = RTSPServer::new();
        server.set_address(&settings.address.to_string());
        server.set_service(&settings.port.to_string());
        let auth = auth(settings)?;
        server.set_auth(auth.as_ref());
        let shared = Arc::new(Shared::default());
        let watched = Arc::clone(&shared);
        server.connect_client_connected(move |_, client| watch(client, &watched));
        let context = glib::MainContext::new();
        let listening = server.attach(Some(&context));
        listening.map_err(|error| ServeError::Listen {
            address: format!("{}:{}", settings.address, settings.port),
            reason: error.to_string(),
        })?;
        clean_up(&server, &context);
        let main_loop = glib::MainLoop::new(Some(&context), false);
        let running = main_loop.clone();
        let thread = std::thread::Builder::new()
            .name("tapetum-rtsp".into())
            .spawn(move || running.run())
            .map_err(ServeError::Thread)?;
        let (scheme, address, port) = (settings.scheme(), settings.address, server.bound_port());
        tracing::info!(port, "serving {scheme}://{address}:{port}");
        if !settings.address.is_loopback() && settings.users.is_empty() {
            tracing::warn!("everybody who reaches {address} may read: there is no [[server.user]]");
        }
        Ok(Self {
            server,
            main_loop,
            thread: Some(thread),
            shared,
            has_auth: auth.is_some(),
        })
    }

    /// Who reads what.
    pub(crate) fn readers(&self) -> Arc<Readers> {
        Arc::clone(&self.shared.readers)
    }

    /// Serves the frames of `broadcast`, with the absolute time of `clock`.
    pub(crate) fn mount(
        &self,
        sink: &RtspSink,
        codec: Codec,
        broadcast: &Arc<Broadcast>,
        clock: &Arc<CameraClock>,
    ) {
        let factory = RTSPMediaFactory::new();
        factory.set_launch(mount_launch(codec));
        factory.set_shared(true);
        factory.set_latency(0);
        factory.set_clock(Some(&gst::SystemClock::obtain()));
        if self.has_auth {
            let permissions = gst::Structure::builder(ROLE)
                .field("media.factory.access", true)
                .field("media.factory.construct", true)
                .build();
            factory.add_role_from_structure(&permissions);
        }
        let (source, clock) = (Arc::clone(broadcast), Arc::clone(clock));
        factory.connect_media_configure(move |_, media| {
            feed(media, &source);
            let clock = Arc::clone(&clock);
            media.connect_prepared(move |media| absolute::keep(media, &clock));
        });
        let limit = usize::try_from(sink.max_readers).unwrap_or(usize::MAX);
        self.shared.readers.open(&sink.mount, limit);
        self.broadcasts()
            .insert(sink.mount.clone(), Arc::clone(broadcast));
        if let Some(mounts) = self.server.mount_points() {
            mounts.add_factory(&sink.mount, factory);
        }
        tracing::info!(mount = sink.mount, "mounted");
    }

    /// Stops serving a mount, and disconnects its readers.
    pub(crate) fn unmount(&self, mount: &str) {
        if let Some(mounts) = self.server.mount_points() {
            mounts.remove_factory(mount);
        }
        self.broadcasts().remove(mount);
        let readers = self.shared.readers.close(mount);
        self.disconnect(|reader| readers.contains(&reader));
        tracing::info!(mount, "no longer mounted");
    }

    fn disconnect(&self, is_meant: impl Fn(usize) -> bool) {
        let mut filter = |_: &RTSPServer, client: &RTSPClient| {
            if is_meant(number(client)) {
                RTSPFilterResult::Remove
            } else {
                RTSPFilterResult::Keep
            }
        };
        self.server.client_filter(Some(&mut filter));
    }

    fn broadcasts(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Broadcast>>> {
        let broadcasts = self.shared.broadcasts.lock();
        broadcasts.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RtspServer {
    fn drop(&mut self) {
        self.disconnect(|_| true);
        self.main_loop.quit();
        if let Some(thread) = self.thread.take() {
            // It can only have ended by itself.
            let _ = thread.join();
        }
    }
}

fn auth(settings: &Server) -> Result<Option<RTSPAuth>, ServeError> {
    if settings.users.is_empty() {
        return Ok(None);
    }
    let auth = RTSPAuth::new();
    auth.set_realm(Some("tapetum"));
    auth.set_supported_methods(RTSPAuthMethod::Digest);
    let token = RTSPToken::builder()
        .field("media.factory.role", ROLE)
        .build();
    for user in &settings.users {
        auth.add_digest(&user.name, user.password.reveal(), &token);
    }
    if let (Some(certificate), Some(key)) = (&settings.tls_certificate, &settings.tls_key) {
        let loaded = gio::TlsCertificate::from_files(certificate, key);
        let loaded = loaded.map_err(|error| ServeError::Certificate {
            path: certificate.clone(),
            reason: error.message().to_owned(),
        })?;
        auth.set_tls_certificate(Some(&loaded));
    }
    Ok(Some(auth))
}

/// Forgets readers that have gone without a word.
fn clean_up(server: &RTSPServer, context: &glib::MainContext) {
    let server = server.downgrade();
    let work = move || match server.upgrade() {
        Some(server) => {
            if let Some(pool) = server.session_pool() {
                pool.cleanup();
            }
            glib::ControlFlow::Continue
        }
        None => glib::ControlFlow::Break,
    };
    let source = glib::timeout_source_new(CLEANUP, None, glib::Priority::DEFAULT, work);
    source.attach(Some(context));
}

/// Connects a mount's pipeline, made for its first reader, to the stream's frames for as long as it lives.
fn feed(media: &RTSPMedia, broadcast: &Arc<Broadcast>) {
    let entry = media
        .element()
        .downcast::<gst::Bin>()
        .ok()
        .and_then(|bin| bin.by_name("coded"))
        .and_then(|entry| entry.downcast::<gst_app::AppSrc>().ok());
    let Some(entry) = entry else { return };
    let number = broadcast.add(Arc::new(MountTap(Feed::new(entry, Origin::Clock))));
    let source = Arc::clone(broadcast);
    media.connect_unprepared(move |_| source.remove(number));
}

/// Counts a client's reading, and gives it a key frame to start with.
fn watch(client: &RTSPClient, shared: &Arc<Shared>) {
    let on_setup = Arc::clone(shared);
    client.connect_pre_setup_request(move |client, context| {
        match mount_of(&on_setup, context) {
            Some(mount) if on_setup.readers.admit(&mount, number(client)).is_none() => {
                tracing::warn!(mount, "a reader is refused: the mount is full");
                RTSPStatusCode::NotEnoughBandwidth
            }
            // What is no mount is refused by the server itself.
            _ => RTSPStatusCode::Ok,
        }
    });
    let on_play = Arc::clone(shared);
    client.connect_play_request(move |_, context| {
        let broadcasts = on_play
            .broadcasts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(mount) = mount_of(&on_play, context)
            && let Some(broadcast) = broadcasts.get(&mount)
        {
            tracing::info!(mount, "a reader plays");
            broadcast.want_key();
        }
    });
    let on_teardown = Arc::clone(shared);
    client.connect_teardown_request(move |client, context| {
        let mount = mount_of(&on_teardown, context);
        on_teardown.readers.leave(mount.as_deref(), number(client));
    });
    let on_close = Arc::clone(shared);
    client.connect_closed(move |client| on_close.readers.leave(None, number(client)));
}

fn mount_of(shared: &Shared, context: &RTSPContext) -> Option<String> {
    let url = context.uri()?.request_uri();
    shared.readers.mount_of(path_of(&url))
}

/// The number that stands for a client as long as it lives.
fn number(client: &RTSPClient) -> usize {
    client.as_ptr() as usize
}
