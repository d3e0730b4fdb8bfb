//! Follows a run with tungstenite: writes each message as a line, and closes after the end of the run.

use tungstenite::client::IntoClientRequest;
use tungstenite::{connect, Error, Message};

fn main() {
    let url = std::env::args().nth(1).unwrap();
    let mut request = url.into_client_request().unwrap();
    let subprotocol = "mnist-monitor.v2".parse().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol);
    let (mut feed, _) = connect(request).unwrap();
    loop {
        match feed.read() {
            Ok(Message::Text(text)) => {
                println!("{text}");
                if text.contains("\"type\":\"run.finished\"") {
                    feed.close(None).unwrap();
                }
            }
            Ok(_) => {}
            Err(Error::ConnectionClosed) => return,
            Err(error) => panic!("{error}"),
        }
    }
}
