"""`sk2siem netstat`: the connections and listeners of this moment, as WRKTCPSTS shows them, with a verdict by port."""
